"""How one call reaches the tenant: attempts, pauses, limits and the deadline over all of them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
from requests.adapters import BaseAdapter

from sdk import errors
from sdk.rest import answers, redaction
from sdk.rest.auth import Auth, SessionAuth
from sdk.rest.files import Body
from sdk.rest.patience import Patience
from sdk.rest.retry import RetryPolicy, retry_after
from sdk.rest.transport import Fields

log = logging.getLogger("sdk.rest")

_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_TUNNELLED: Final = frozenset({"PUT", "PATCH", "DELETE"})


@dataclass(slots=True, repr=False)
class Channel:
    """What all calls of a client have in common; see ``CumulocityRestClient`` for the fields."""

    connector: BaseAdapter
    host: str
    auth: Auth | None
    timeout: tuple[float, float]
    deadline: float | None
    retry: RetryPolicy
    semaphore: threading.Semaphore | None = None
    on_request: Callable[[requests.PreparedRequest], None] | None = None
    on_response: Callable[[requests.Response], None] | None = None
    tunnelled: bool = False

    def call(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | Body | None = None,
        *,
        any_status: bool = False,
    ) -> requests.Response:
        """Send a request until it is answered for good.

        Args:
            headers: without those that sign in; they are added to each attempt anew.
            body: a file's body may take as long as it needs, only its silence is bounded.
            any_status: whether a refusal is an answer like any other.

        Raises:
            C8yError: when the tenant refuses or cannot be reached.
        """
        bounded = self.deadline is not None and not isinstance(body, Body)
        until = time.monotonic() + (self.deadline or 0) if bounded else None
        call = _Call(self, method, url, headers, body, until, any_status)
        while True:
            call.attempts += 1
            done = call.attempt()
            if done is not None:
                return done

    def enter(self, left: float | None) -> None:
        """Take one of the places for requests in flight."""
        if self.semaphore is not None and not self.semaphore.acquire(timeout=left):
            raise errors.Timeout("No place for another request became free in time.", safe_to_repeat=True)

    def leave(self) -> None:
        """Give the place back."""
        if self.semaphore is not None:
            self.semaphore.release()


@dataclass(slots=True, repr=False)
class _Call:
    channel: Channel
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | Body | None
    until: float | None
    any_status: bool = False
    attempts: int = 0
    maybe_obeyed: bool = False
    problem: errors.C8yError | None = None
    token: str = ""
    revived: bool = False

    def attempt(self) -> requests.Response | None:
        """One attempt: the successful answer, or None after the pause before the next.

        Raises:
            C8yError: when there will be no next.
        """
        try:
            response = self._exchange()
        except requests.RequestException as problem:
            error = answers.failure(problem, self.channel.host)
            self._log(error)
            self._pause_after(error, self._may_repeat(problem, error), None)
            return None
        status = response.status_code
        self._log(status)
        if 200 <= status < 300 or (status == 404 and self.maybe_obeyed):
            return response
        if status == 401 and self._revived():
            return None
        refused = answers.refusal(response)
        again = self.channel.retry.repeats_status(self.method, status)
        try:
            self._pause_after(refused, again, retry_after(response.headers))
        except errors.Refused:
            if self.any_status:
                return response
            raise
        return None

    def _revived(self) -> bool:
        """Whether there is a new session after a refusal; each call asks for one at most."""
        auth = self.channel.auth
        first, self.revived = not self.revived, True
        return first and isinstance(auth, SessionAuth) and auth.revive(self.token)

    def _exchange(self) -> requests.Response:
        channel = self.channel
        channel.enter(self._left())
        try:
            request = self._prepared()
            if channel.on_request is not None:
                channel.on_request(request)
                self._left()
            patience: Any = Patience(*channel.timeout, self.until)
            response = channel.connector.send(request, timeout=patience)
            # A foreign adapter reads the body only when asked.
            response.content  # noqa: B018
        finally:
            channel.leave()
        self._renew(response)
        if channel.on_response is not None:
            channel.on_response(response)
        return response

    def _prepared(self) -> requests.PreparedRequest:
        request = requests.PreparedRequest()
        request.method, request.url = self.method, self.url
        body: Any = self.body
        request.body = body
        fields = dict(self.headers)
        if isinstance(body, Body):
            body.rewind()
            fields["Content-Length"] = str(body.length)
        elif body is not None or self.method in _WITH_BODY:
            fields["Content-Length"] = str(len(body or b""))
        if self.channel.tunnelled and self.method in _TUNNELLED:
            # What may be repeated is still decided by what is meant.
            request.method = "POST"
            fields = {"Content-Length": "0", **fields, "X-HTTP-METHOD": self.method}
        auth = self.channel.auth
        if auth is not None:
            if isinstance(auth, SessionAuth):
                self.token = auth.token
            fields.update(auth.headers(self.method))
        request.headers = Fields(fields)
        request.hooks = {"response": []}
        return request

    def _renew(self, response: requests.Response) -> None:
        auth = self.channel.auth
        if auth is not None and auth.renewable:
            token = response.cookies.get("authorization")
            if token:
                auth.renew(token, response.cookies.get("XSRF-TOKEN"))

    def _log(self, what: object) -> None:
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s %s: %s", self.method, redaction.url(self.url), what)

    def _may_repeat(self, problem: requests.RequestException, error: errors.C8yError) -> bool:
        nothing_sent = getattr(error, "safe_to_repeat", False)
        self.maybe_obeyed |= self.method == "DELETE" and not nothing_sent
        if answers.is_final(problem):
            return False
        return self.channel.retry.repeats_failure(self.method, nothing_sent=nothing_sent)

    def _pause_after(self, error: errors.C8yError, again: bool, wish: float | None) -> None:
        if isinstance(error, errors.ServerError):
            self.maybe_obeyed |= self.method == "DELETE"
        pause = self.channel.retry.pause(self.attempts, wish) if again else None
        if pause is None or (self.until is not None and time.monotonic() + pause >= self.until):
            raise error
        self.problem = error
        time.sleep(pause)

    def _left(self) -> float | None:
        if self.until is None:
            return None
        left = self.until - time.monotonic()
        if left <= 0:
            # What the last attempt met says more than that there is no time for another.
            late = errors.Timeout(f"{self.channel.host} did not answer before the call's deadline.")
            raise self.problem or late
        return left
