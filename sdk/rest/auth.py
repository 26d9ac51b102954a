"""Who a client acts as: Basic, a bearer token, or an OAI-Secure session that renews itself."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Self

from sdk.rest.jwt import JWT


class Auth:
    """Builds the headers that sign a request in. Nothing of it shows in ``repr``."""

    # Whether answers may bring a new token.
    renewable = False

    def get_username(self) -> str:
        """The user's name without the tenant, "" when it is not known."""
        raise NotImplementedError

    def get_tenant_id(self) -> str:
        """The tenant's id, "" when it is not known."""
        raise NotImplementedError

    def build_auth_header(self) -> str:
        """The value of an ``Authorization`` header."""
        raise NotImplementedError

    def headers(self, method: str) -> Mapping[str, str]:
        """The headers that sign in a request with this HTTP method."""
        return {"Authorization": self.build_auth_header()}

    def bound_to(self, tenant_id: str) -> Auth:
        """This auth for one tenant; the same object unless the tenant is part of what is sent."""
        return self

    def renew(self, token: str, xsrf: str | None) -> None:
        """Take over a token the tenant sent along with an answer; of use to sessions only."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.get_tenant_id()}/{self.get_username()})"


class BasicAuth(Auth):
    """User name and password; the name may be ``tenant/user``."""

    def __init__(self, username: str, password: str) -> None:
        tenant, mark, user = username.partition("/")
        self._tenant, self._user = (tenant, user) if mark else ("", username)
        if not self._user or re.search(r"[:/\x00-\x1f]", self._user):
            raise ValueError("A user name is not empty and holds no colon, slash or control character.")
        self._name = username
        self.change_password(password)

    @classmethod
    def parse(cls, value: str) -> Self:
        """Read an ``Authorization: Basic …`` header's value.

        Raises:
            ValueError: when it is none.
        """
        scheme, _, encoded = value.strip().partition(" ")
        try:
            text = base64.b64decode(encoded, validate=True).decode()
        except ValueError:
            text = ""
        user, mark, password = text.partition(":")
        if scheme.lower() != "basic" or not mark:
            raise ValueError("This is no Basic authorization.")
        return cls(user, password)

    def change_password(self, password: str) -> None:
        """Go on with another password, from the next request on."""
        self._password = password
        self._header = "Basic " + base64.b64encode(f"{self._name}:{password}".encode()).decode()

    def get_username(self) -> str:
        return self._user

    def get_tenant_id(self) -> str:
        return self._tenant

    def build_auth_header(self) -> str:
        return self._header

    def bound_to(self, tenant_id: str) -> Auth:
        if self._tenant or not tenant_id:
            return self
        return BasicAuth(f"{tenant_id}/{self._user}", self._password)


class BearerAuth(Auth):
    """A token, usually a JWT, sent as ``Authorization: Bearer``."""

    def __init__(self, token: str) -> None:
        self._take(token)

    @classmethod
    def parse(cls, value: str) -> Self:
        """Read an ``Authorization: Bearer …`` header's value.

        Raises:
            ValueError: when it is none.
        """
        scheme, _, token = value.strip().partition(" ")
        if scheme.lower() != "bearer":
            raise ValueError("This is no Bearer authorization.")
        return cls(token.strip())

    def _take(self, token: str) -> None:
        if not re.fullmatch(r"[!-~]+", token) or ";" in token or "," in token:
            raise ValueError("A token is one word of visible ASCII characters.")
        self._token, self._jwt = token, JWT(token)

    @property
    def token(self) -> str:
        """The token's text."""
        return self._token

    @property
    def expires_at(self) -> datetime | None:
        """When the token ends, None if it does not say."""
        return self._jwt.expires_at

    def get_username(self) -> str:
        return self._jwt.username

    def get_tenant_id(self) -> str:
        return self._jwt.tenant_id

    username = property(get_username, doc="The user's name as the token says it.")
    tenant_id = property(get_tenant_id, doc="The tenant's id as the token says it.")

    def build_auth_header(self) -> str:
        return "Bearer " + self._token


class SessionAuth(BearerAuth):
    """An OAI-Secure session: the token travels as the platform's own cookie and is renewed by its answers.

    Without an XSRF token (neither given nor inside the JWT) it travels as a bearer token.

    Args:
        token: the JWT of the ``authorization`` cookie.
        xsrf: the value of the ``XSRF-TOKEN`` cookie; the JWT's own claim when left out.
        on_renewal: called with the new token, in the thread whose request brought it.

    Attributes:
        on_expiry: gives a new session when the tenant refuses this one, e.g. by ``authenticate``; the request
            is then sent once more. Threads that are refused together sign in once.
    """

    renewable = True

    def __init__(
        self, token: str, xsrf: str | None = None, on_renewal: Callable[[str], None] | None = None
    ) -> None:
        super().__init__(token)
        self._lock = threading.Lock()
        self._xsrf = _word(xsrf) or _word(self._jwt.get_claim("xsrfToken"))
        self.on_renewal = on_renewal
        self.on_expiry: Callable[[], SessionAuth] | None = None
        self._reviving = threading.Lock()

    @property
    def xsrf(self) -> str | None:
        """The XSRF token that goes with the session's token."""
        return self._xsrf

    def headers(self, method: str) -> Mapping[str, str]:
        with self._lock:
            token, xsrf = self._token, self._xsrf
        if not xsrf:
            return {"Authorization": "Bearer " + token}
        return {"Cookie": f"authorization={token}; XSRF-TOKEN={xsrf}", "X-XSRF-TOKEN": xsrf}

    def renew(self, token: str, xsrf: str | None) -> None:
        with self._lock:
            if token == self._token:
                return
            self._take(token)
            self._xsrf = _word(xsrf) or _word(self._jwt.get_claim("xsrfToken")) or self._xsrf
        if self.on_renewal is not None:
            self.on_renewal(token)

    def revive(self, token: str) -> bool:
        """Make up for a token that was refused; whether another attempt is worth it."""
        if self.on_expiry is None:
            return False
        with self._reviving:
            if self._token == token:
                fresh = self.on_expiry()
                self.renew(fresh.token, fresh.xsrf)
        return self._token != token


def _word(value: Any) -> str | None:
    """A cookie's value, None when it is absent or could not travel in a header."""
    return value if isinstance(value, str) and re.fullmatch(r"[!-~]+", value) else None


def parse_auth(value: str) -> Auth:
    """Read the value of an ``Authorization`` header, Basic or Bearer.

    Raises:
        ValueError: when it is neither.
    """
    return BearerAuth.parse(value) if value.strip().lower().startswith("bearer ") else BasicAuth.parse(value)


# What it is, by the way it travels.
CookieAuth = SessionAuth
