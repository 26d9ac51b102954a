"""The WSGI application: from environment to answer, by faults, sign-in, roles and the route's handler."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from sdk.sandbox.api import DOMAINS, realtime
from sdk.sandbox.call import Answer, Call, Refusal, Route, Router, forbidden, invalid, vendor
from sdk.sandbox.faults import Cut, Fault, distort, pause, pieces
from sdk.sandbox.framing import LARGEST_BODY
from sdk.sandbox.signin import CHANGING, Caller, caller_of, cookie, names_of, tenant_of
from sdk.sandbox.store.users import DEVICE_PREFIX
from sdk.sandbox.tokens import unauthorized

if TYPE_CHECKING:
    from sdk.sandbox.platform import Sandbox
    from sdk.sandbox.store.tenant import Tenant

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
MODES = ("PERSISTENT", "TRANSIENT", "QUIESCENT", "CEP")
UNTOLD = ("QUIESCENT", "CEP")
"""The modes in which no notifications are sent."""
_SLASHES = re.compile("//+")
"""Several slashes count as one; c8y_api writes some paths so."""


@dataclass(slots=True)
class Visit:
    """The request as it came in: raw path (still encoded), query, lower-case headers, body, own address, and
    what the client showed by mutual TLS (PEM; checked for possession of the key, not for trust).
    """

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    base: str
    certificate: str = ""


class Application:
    """The tenant's front door as a WSGI application; `REQUEST_URI` in the environment keeps encoded slashes
    apart.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._router = Router(chain.from_iterable(domain.routes for domain in DOMAINS))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        visit = read(environ)
        inside = bool(environ.get("sandbox.inside"))
        faults = [] if inside or self._sandbox.faults.none else self._faults(visit)
        patience = environ.get("sandbox.patience")
        pause(0 if inside else self._sandbox.latency, patience)
        answer = self._substitute(faults, "before", patience)
        if answer is None:
            answer = self._handle(visit, faults)
            answer.body = answer.later(patience) if answer.later else answer.body
            answer = self._substitute(faults, "after", patience) or answer
        body = answer.encoded()
        if any(fault.wrong_json for fault in faults):
            body = body[: len(body) * 2 // 3] + b'"'
        start_response(_status(answer.status), [*_headers(answer, body), *answer.headers])
        shaping = next((fault for fault in faults if fault.drip or fault.cut == "middle"), None)
        return pieces(body, shaping)

    def ask(self, environ: Environ, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to whoever asks from inside this process."""
        began: list[str] = []
        whole = {"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
        answer = b"".join(self(environ | whole, lambda status, *_: began.append(status)))
        return int(began[0].split()[0]), answer

    def _faults(self, visit: Visit) -> list[Fault]:
        """The faults that strike this visit; a token that is to expire does so at once."""
        tenant, user = names_of(self._sandbox, visit.headers)
        faults = self._sandbox.faults.striking(visit.method, visit.path, tenant, user)
        if tenant in self._sandbox.tenants and any(fault.expire_token for fault in faults):
            self._sandbox.tenants[tenant].sessions.pop(user, None)
        return faults

    def _substitute(self, faults: list[Fault], when: str, patience: float | None) -> Answer | None:
        """Let the faults of this moment strike: wait, cut the connection, or answer in the tenant's place."""
        pause(sum(fault.delay for fault in faults if fault.when == when), patience)
        if any(fault.cut == when for fault in faults):
            raise Cut
        return next((fault.answer() for fault in faults if fault.status and fault.when == when), None)

    def _handle(self, visit: Visit, faults: list[Fault]) -> Answer:
        try:
            return self._serve(visit, faults)
        except Refusal as refusal:
            return refusal.answer(visit.path.split("/")[1] or "general")

    def _serve(self, visit: Visit, faults: list[Fault]) -> Answer:
        methods, values = self._router.find(visit.path)
        if not methods:
            raise Refusal(404, "general/notFound", f"Could not find resource for path {visit.path}.")
        route = methods.get(visit.method)
        if route is None:
            raise Refusal(405, "general/methodNotAllowed", f"{visit.method} is not allowed on {visit.path}.")
        tenant = tenant_of(self._sandbox, visit.headers, visit.query)
        if tenant is None:
            raise unauthorized("Invalid credentials! : Unknown tenant")
        key = visit.headers.get("x-cumulocity-application-key", "")
        acting = self._sandbox.applications.named_by(key) if visit.method in CHANGING else None
        with ExitStack() as locks:
            for reached in self._sandbox.reached_by(route, tenant):
                locks.enter_context(reached.lock)
                reached.backlog.catch_up()
                locks.enter_context(reached.acting(acting))
            call = self._admitted(visit, route, values, tenant)
            tenant.topics.overflowed = False
            with tenant.feed.silence(_mode(visit) in UNTOLD):
                answer = route.handler(call)
            if tenant.topics.overflowed:  # what was stored stays so
                raise Refusal(500, "general/internalError", "The backlog of notifications is full.")
            distort(answer.body, faults)
            return self._finish(answer, route, visit, call.caller)

    def _admitted(self, visit: Visit, route: Route, values: dict[str, str], tenant: Tenant) -> Call:
        """The call, once all is refused that can be before its handler."""
        caller = Caller("") if route.public else caller_of(self._sandbox, tenant, visit.method, visit.headers)
        device = not visit.headers.get("x-cumulocity-application-key")
        tenant.usage.count(route.api, route.method, device)
        if route.roles and not route.scope and not any(role in caller.roles for role in route.roles):
            raise forbidden()
        _check_media(visit, route)
        arguments = (visit.query, visit.headers, visit.body, visit.base, visit.path, visit.certificate)
        call = Call(self._sandbox, tenant, caller, route, values, *arguments)
        call.check_flags()
        if device and caller.name.startswith(DEVICE_PREFIX):
            tenant.heard_from_device_of(caller.name)
        return call

    def _finish(self, answer: Answer, route: Route, visit: Visit, caller: Caller) -> Answer:
        """Complete the answer while the tenant is locked: media type, encoded body, renewed token."""
        answer.media = answer.media or route.produces or "application/json"
        if _is_silent(visit, route) and answer.status < 300:
            answer.body = answer.later = None
        answer.body = answer.encoded()
        if caller.fresh:
            answer.headers.append(cookie("authorization", caller.fresh, http_only=True))
        return answer


def read(environ: Environ) -> Visit:
    """Read a WSGI environment; POST with X-HTTP-METHOD counts as that method."""
    headers = {
        key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    raw = environ.get("REQUEST_URI", "").split("?")[0]
    path = raw or quote(environ.get("PATH_INFO", "/"), safe="/~:@!$&'()*+,;=")
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(min(length, LARGEST_BODY)) if length else b""
    method = str(environ["REQUEST_METHOD"])
    if method == "POST":
        method = headers.get("x-http-method", method).upper()
    host = headers.get("host") or f"{environ.get('SERVER_NAME')}:{environ.get('SERVER_PORT')}"
    base = f"{headers.get('x-forwarded-proto') or environ.get('wsgi.url_scheme', 'http')}://{host}"
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    path = _SLASHES.sub("/", path).rstrip("/") or "/"
    return Visit(method, path, query, headers, body, base, environ.get("SSL_CLIENT_CERT") or "")


def _mode(visit: Visit) -> str:
    return visit.headers.get("x-cumulocity-processing-mode", "PERSISTENT").upper()


def _is_silent(visit: Visit, route: Route) -> bool:
    """Whether a change is answered without a body, as nothing asks for one; realtime is a conversation."""
    return (
        visit.method in ("POST", "PUT") and "accept" not in visit.headers and route.api != realtime.routes.api
    )


def _check_media(visit: Visit, route: Route) -> None:
    if _mode(visit) not in MODES:
        raise invalid(f"Unknown processing mode '{_mode(visit)}'.")
    if route.consumes and "*/*" not in route.consumes:
        sent = visit.headers.get("content-type", "").split(";")[0].strip().lower()
        if sent != "application/json" and sent not in (vendor(name).lower() for name in route.consumes):
            raise Refusal(
                415, "general/unsupportedMediaType", f"Content-Type '{sent}' is not supported here."
            )
    accept = visit.headers.get("accept", "")
    if route.produces and accept and not _acceptable(accept, route):
        raise Refusal(406, "general/notAcceptable", f"This resource is not available as '{accept}'.")


def _acceptable(accept: str, route: Route) -> bool:
    wanted = {"".join(part.split(";")[0].split()).lower() for part in accept.split(",")}
    own = {vendor(name).lower().split(";")[0] for name in route.produces.split("|")}
    return "*/*" in own or bool(wanted & (own | {"*/*", "application/*", "application/json"}))


def _status(code: int) -> str:
    return f"{code} {HTTPStatus(code).phrase}"


def _headers(answer: Answer, body: bytes) -> list[tuple[str, str]]:
    headers = [("Content-Length", str(len(body)))] if answer.status != 204 else []
    if body:
        headers.append(("Content-Type", answer.content_type()))
    return headers
