"""What a token says of itself."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

_FOREVER: Final = float("inf")


class JWT:
    """A JSON web token, read but not checked: only the tenant can tell whether it is genuine.

    Args:
        token: its text; of a text that is none, all that can be asked is absent.
    """

    def __init__(self, token: str | bytes) -> None:
        self._payload = _payload(token if isinstance(token, str) else token.decode("ascii", "replace"))

    def __repr__(self) -> str:
        return f"JWT({self.tenant_id}/{self.username})"

    @property
    def payload(self) -> dict[str, Any]:
        """All claims, {} when it is no token."""
        return dict(self._payload)

    def get_claim(self, claim: str, default: Any = None) -> Any:
        """One claim, e.g. "sub"; the default when there is none."""
        return self._payload.get(claim, default)

    @property
    def username(self) -> str:
        """Whose token it is, "" when it does not say."""
        return str(self._payload.get("sub") or "")

    @property
    def tenant_id(self) -> str:
        """For which tenant, "" when it does not say."""
        return str(self._payload.get("ten") or "")

    @property
    def expires_at(self) -> datetime | None:
        """When it ends, None when it does not say."""
        moment = self._expiry()
        try:
            return None if moment is None else datetime.fromtimestamp(moment, UTC)
        except (OverflowError, OSError, ValueError):
            return None

    def get_valid_seconds(self) -> float:
        """For how many seconds it still holds; negative when it has ended, endless when it does not say."""
        moment = self._expiry()
        return _FOREVER if moment is None else moment - time.time()

    def is_valid(self, min_seconds: float = 0) -> bool:
        """Whether it holds for longer than so many seconds."""
        return self.get_valid_seconds() > min_seconds

    def _expiry(self) -> float | None:
        moment = self._payload.get("exp")
        # Some tenants write claims as texts.
        try:
            return None if moment is None or isinstance(moment, bool) else float(moment)
        except (TypeError, ValueError):
            return None


def _payload(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        found = msgspec.json.decode(base64.urlsafe_b64decode(padded))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
