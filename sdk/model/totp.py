"""The second factor of the current user: time-based one-time passwords."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from sdk.errors import Forbidden, NotFound
from sdk.model import fields
from sdk.model.entity import Entity
from sdk.model.object import CumulocityObject
from sdk.model.user_group import tenant_path


class TfaSettings(CumulocityObject):
    """The two-factor settings of a user."""

    __slots__ = ()
    enabled = fields.flag("tfaEnabled", readonly=True)
    enforced = fields.flag("tfaEnforced", readonly=True)
    strategy = fields.text("strategy", readonly=True)
    last_request_time = fields.time("lastTfaRequestTime", readonly=True)
    last_request_datetime = fields.moment("lastTfaRequestTime", readonly=True)


class TotpSecret(CumulocityObject):
    """A secret to set up an authenticator with; ``repr`` does not show it.

    The platform also answers the address of a picture that holds the secret, at somebody else's server. Draw
    a picture of ``uri`` yourself instead.
    """

    __slots__ = ()
    raw_secret = fields.text("rawSecret", readonly=True)

    def uri(self, username: str, issuer: str = "Cumulocity") -> str:
        """What authenticators read from a QR code.

        Args:
            username: shown by the authenticator, as is the issuer.
        """
        query = urlencode({"secret": self.raw_secret or "", "issuer": issuer}, quote_via=quote)
        return f"otpauth://totp/{quote(f'{issuer}:{username}', safe=':')}?{query}"

    def __repr__(self) -> str:
        return "TotpSecret(***)"


class OwnTotp(Entity):
    """What the current user does with the own second factor."""

    __slots__ = ()
    _totp: ClassVar[str] = "/user/currentUser/totpSecret"

    def get_tfa_settings(self) -> TfaSettings:
        """The own two-factor settings (GET /user/{tenant}/users/{id}/tfa)."""
        c8y = self._client()
        return TfaSettings.from_json(c8y.get(tenant_path(c8y, "users", self._key(), "tfa")))

    def generate_totp_secret(self) -> TotpSecret:
        """Make a new secret (POST …/totpSecret); it counts once it is active."""
        return TotpSecret.from_json(self._client().post(self._totp))

    def verify_totp(self, code: str) -> None:
        """Check a code of the authenticator (POST …/totpSecret/verify).

        Raises:
            Forbidden: when it is wrong.
            NotFound: when there is no secret.
        """
        self._client().post(f"{self._totp}/verify", json={"code": code})

    def is_valid_totp(self, code: str) -> bool:
        """Whether a code of the authenticator is right."""
        try:
            self.verify_totp(code)
        except Forbidden:
            return False
        return True

    def get_totp_activity(self) -> bool:
        """Whether codes are wanted at sign-in (GET …/totpSecret/activity).

        Raises:
            NotFound: when there is no secret.
        """
        found: dict[str, Any] = self._client().get(f"{self._totp}/activity")
        return found.get("isActive") is True

    def set_totp_activity(self, active: bool) -> None:
        """Want codes at sign-in, or not (POST …/totpSecret/activity).

        Raises:
            Conflict, Forbidden: where the tenant does not leave that to the user.
        """
        self._client().post(f"{self._totp}/activity", json={"isActive": active})

    def get_totp_enabled(self) -> bool:
        """Whether codes are wanted at sign-in; False also when there is no secret."""
        try:
            return self.get_totp_activity()
        except NotFound:
            return False

    def enable_totp(self) -> None:
        """Want codes at sign-in; see ``set_totp_activity``."""
        self.set_totp_activity(True)

    def disable_totp(self) -> None:
        """Want no codes at sign-in any more; see ``set_totp_activity``."""
        self.set_totp_activity(False)

    def revoke_totp_secret(self) -> None:
        """Forget the own secret (DELETE /user/{tenant}/users/{id}/totpSecret/revoke).

        Raises:
            Forbidden: on most tenants, where somebody else has to do it (``Users.revoke_totp_secret``).
        """
        c8y = self._client()
        c8y.delete(tenant_path(c8y, "users", self._key(), "totpSecret", "revoke"))
