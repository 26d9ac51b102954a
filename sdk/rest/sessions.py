"""A session of ``requests`` that signs in as a client does, and nowhere else."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.auth import AuthBase

from sdk.rest.auth import Auth
from sdk.rest.channel import Channel


def session(base_url: str, channel: Channel) -> requests.Session:
    """A session for one address, with the client's connections, credentials and time-outs.

    Redirects are refused and cookies not kept: either could carry credentials to where they do not belong.
    """
    made = _Session(channel.timeout)
    made.adapters.clear()
    made.mount(f"{base_url}/", channel.connector)
    made.trust_env = False
    made.max_redirects = 0
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    made.auth = _SignIn(channel.auth) if channel.auth else None
    return made


class _Session(requests.Session):
    def __init__(self, patience: tuple[float, float]) -> None:
        super().__init__()
        self._patience = patience

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        # Those of requests wait for ever.
        options["timeout"] = options.get("timeout") or self._patience
        return super().send(request, **options)


class _SignIn(AuthBase):
    def __init__(self, auth: Auth) -> None:
        self._auth = auth

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._auth.headers(request.method or "GET"))
        return request
