"""What a tenant accepts as proof of a user, and how it is kept: encrypted, and bound to its place.

A ciphertext of Fernet may be copied into another row and still decrypts. Therefore what it is for (purpose,
tenant, user, row) stands inside of it, and `unseal` refuses it in any other place.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NoReturn

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

# A token or a password; or, without any secret, that a user's own sign-in or the service user may be used.
Kind = Literal["token", "basic", "session", "service"]


class CredentialLost(Exception):
    """A sealed credential that cannot be used: unknown key, foreign place, too old, or never one of ours."""


class Secret:
    """A text that shows itself to nobody who does not ask: no repr, no format, no pickle tells it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not pickled; seal the credential instead.")


@dataclass(frozen=True, slots=True)
class Credential:
    """A token or a password of one tenant user; `expires_at` is None where the tenant set no end."""

    kind: Kind
    tenant_id: str
    username: str
    secret: Secret
    expires_at: datetime | None = None


def seal(credential: Credential, *place: str) -> str:
    """Encrypt `credential` for `place` alone: its purpose first, then whatever names its row."""
    plain = {
        "place": place,
        "kind": credential.kind,
        "tenant_id": credential.tenant_id,
        "username": credential.username,
        "secret": credential.secret.reveal(),
        "expires_at": credential.expires_at and credential.expires_at.isoformat(),
    }
    return _keys().encrypt(json.dumps(plain).encode()).decode()


def unseal(sealed: str, *place: str, ttl: int | None = None) -> Credential:
    """The credential that was sealed for `place`, at most `ttl` seconds ago.

    Raises CredentialLost in every other case: the answer is to ask the user again.
    """
    try:
        plain = json.loads(_keys().decrypt(sealed.encode(), ttl))
    except InvalidToken:
        raise CredentialLost(
            "No key of this installation opens the credential, or its time is over."
        ) from None
    if plain["place"] != list(place):
        raise CredentialLost("The credential was sealed for another place.")
    return _credential(plain)


def reseal(sealed: str) -> str:
    """The same under the first key; raises CredentialLost when no key opens it."""
    try:
        return _keys().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise CredentialLost("No key of this installation opens the credential.") from None


def needs_old_key(sealed: str) -> bool:
    """Whether a key opens this, but not the first one."""
    for number, key in enumerate(settings.ENCRYPTION_KEYS):
        try:
            Fernet(key).decrypt(sealed.encode())
        except InvalidToken:
            continue
        return number > 0
    return False


def _credential(plain: dict[str, Any]) -> Credential:
    end = plain["expires_at"]
    return Credential(
        plain["kind"],
        plain["tenant_id"],
        plain["username"],
        Secret(plain["secret"]),
        datetime.fromisoformat(end) if end else None,
    )


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
