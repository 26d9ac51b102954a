"""An in-memory Cumulocity to try things out and to test against: `Sandbox`, or `python -m sdk.sandbox`."""

from sdk.sandbox.platform import Sandbox

__all__ = ["Sandbox"]
