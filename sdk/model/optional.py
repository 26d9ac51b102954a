"""Libraries that the SDK can use and does not need."""

from __future__ import annotations

import importlib
from typing import Any


def library(name: str, package: str | None = None) -> Any:
    """A module of a library that may be missing.

    Args:
        package: what to install for it, where that has another name.

    Raises:
        ImportError: saying what to install.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        wanted = package or name
        raise ImportError(f"This needs {wanted}, which is not installed: pip install {wanted}.") from None
