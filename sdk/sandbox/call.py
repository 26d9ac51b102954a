"""What a call to the tenant is made of: request, answer, refusal, and the declaration of a route."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from sdk.sandbox.documents import Wrong, dumped, load

if TYPE_CHECKING:
    from sdk.sandbox.platform import Sandbox
    from sdk.sandbox.signin import Caller
    from sdk.sandbox.store.tenant import Tenant

Json = dict[str, Any]
Handler = Callable[["Call"], "Answer"]

ERROR = "error"
FLAGS = frozenset((
    "addToTrustStore", "cascade", "force", "forceCascade", "forceLogout", "incrementCount", "resolved",
    "skipChildrenNames", "terminateUserSessions", "withChildren", "withChildrenCount", "withDeviceUser",
    "withGroups", "withParents", "withSourceAdditions", "withSourceAssets", "withSourceChildren",
    "withSourceDevices",
))  # fmt: skip
"""Parameters of changes that are true or false."""
INFO = "https://cumulocity.com/api/core/#section/REST-usage"


class Refusal(Exception):
    """The tenant's refusal of a call: status, `<api>/<name>` of the error, and the sentence for people."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message)
        self.status, self.name, self.message = status, name, message

    def answer(self, api: str) -> Answer:
        name = self.name if "/" in self.name else f"{api}/{self.name}"
        return Answer({"error": name, "message": self.message, "info": INFO}, self.status, media=ERROR)


def not_found(message: str) -> Refusal:
    return Refusal(404, "notFound", message)


def invalid(message: str) -> Refusal:
    return Refusal(422, "invalidData", message)


def duplicate(message: str) -> Refusal:
    return Refusal(409, "duplicate", message)


def forbidden(message: str = "Access is denied") -> Refusal:
    return Refusal(403, "security/Forbidden", message)


def loaded(body: bytes) -> Any:
    """The JSON of a body; 422 if it is none."""
    try:
        return load(body)
    except Wrong as error:
        raise invalid(str(error)) from error


def vendor(name: str) -> str:
    """The full media type of a vendor type name: `alarm` gives
    `application/vnd.com.nsn.cumulocity.alarm+json`.
    """
    return name if "/" in name else f"application/vnd.com.nsn.cumulocity.{name}+json"


@dataclass(slots=True)
class Answer:
    """An answer: `body` is JSON (dict or list), text, bytes or None for an empty one; `media` a vendor type
    name. `later` may wait: it gives the body once the tenant is no longer locked; it is told the
    in-process caller's read timeout in seconds.
    """

    body: Any = None
    status: int = 200
    media: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    later: Callable[[float | None], Any] | None = None

    def content_type(self) -> str:
        full = vendor(self.media)
        return f"{full};charset=UTF-8;ver=0.9" if "vnd.com.nsn" in full else full

    def encoded(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return dumped(self.body)


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API as the vendor's page states it.

    `roles`: any one of these global roles opens it; empty: any signed-in user. `scope`, as `ALARM:ADMIN`:
    without such a role the owner of the source, or who has this inventory-role permission on it, may call it
    too; the handler then filters by `Call.sees` or asks `Call.require`. `consumes`: accepted body types
    (vendor names). `public`: no sign-in at all. `wide`: reaches
    beyond the caller's tenant, so that all tenants are locked.
    """

    api: str
    method: str
    template: str
    handler: Handler
    roles: tuple[str, ...] = ()
    scope: str = ""
    consumes: tuple[str, ...] = ()
    produces: str = ""
    public: bool = False
    wide: bool = False


class Routes:
    """The routes of one domain, collected by `@routes.get(path, …)` and so on."""

    def __init__(self, api: str) -> None:
        self.api = api
        self.routes: list[Route] = []

    def add(self, method: str, template: str, **declared: Any) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self.routes.append(Route(self.api, method, template, handler, **declared))
            return handler

        return register

    def get(self, template: str, **declared: Any) -> Callable[[Handler], Handler]:
        return self.add("GET", template, **declared)

    def post(self, template: str, **declared: Any) -> Callable[[Handler], Handler]:
        return self.add("POST", template, **declared)

    def put(self, template: str, **declared: Any) -> Callable[[Handler], Handler]:
        return self.add("PUT", template, **declared)

    def delete(self, template: str, **declared: Any) -> Callable[[Handler], Handler]:
        return self.add("DELETE", template, **declared)


class Router:
    """Finds the route of a raw (still encoded) path; literal segments win over placeholders."""

    def __init__(self, routes: Iterator[Route]) -> None:
        self._by_length: dict[int, list[tuple[re.Pattern[str], dict[str, Route]]]] = {}
        patterns: dict[str, dict[str, Route]] = {}
        for route in routes:
            patterns.setdefault(route.template, {})[route.method] = route
        for template in sorted(patterns, key=lambda text: text.count("{")):
            pattern = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template)))
            self._by_length.setdefault(template.count("/"), []).append((pattern, patterns[template]))

    def find(self, path: str) -> tuple[dict[str, Route], dict[str, str]]:
        """The routes by method of `path`, and the decoded values of its placeholders; empty if unknown."""
        for pattern, methods in self._by_length.get(path.count("/"), ()):
            match = pattern.fullmatch(path)
            if match:
                return methods, {name: unquote(value) for name, value in match.groupdict().items()}
        return {}, {}


@dataclass
class Call:
    """One call under way: what was asked, of which tenant, by whom."""

    sandbox: Sandbox
    tenant: Tenant
    caller: Caller
    route: Route
    path: dict[str, str]
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    base: str
    raw_path: str
    certificate: str = ""

    # parameters ---------------------------------------------------------------------------------------------

    def text(self, name: str) -> str | None:
        values = self.query.get(name)
        return values[0] if values and values[0] != "" else None

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name)
        if value is None:
            return default
        if value not in ("true", "false"):
            raise invalid(f"Parameter {name} must be true or false, not '{value}'.")
        return value == "true"

    def check_flags(self) -> None:
        """Refuse a wrong flag of a change now: it may be read only after something has changed."""
        for name in FLAGS & self.query.keys() if self.route.method != "GET" else ():
            self.flag(name)

    def number(self, name: str, default: int = 0) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not re.fullmatch(r"-?\d{1,18}", value):
            raise invalid(f"Parameter {name} must be a number, not '{value}'.")
        return int(value)

    def listed(self, name: str) -> list[str]:
        """The values of a comma list; a repeated parameter is read like one list."""
        return [part for value in self.query.get(name, ()) for part in value.split(",") if part != ""]

    # body ---------------------------------------------------------------------------------------------------

    @cached_property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def sent(self, vendor_name: str) -> bool:
        return self.content_type == vendor(vendor_name).lower()

    @cached_property
    def document(self) -> Any:
        """The JSON of the body, whatever it is."""
        return loaded(self.body)

    @cached_property
    def json(self) -> Json:
        if not isinstance(self.document, dict):
            raise invalid("The body must be a JSON object.")
        return self.document

    @property
    def is_application(self) -> bool:
        """Whether an application key came along; without one the call counts as a device's own."""
        return bool(self.headers.get("x-cumulocity-application-key"))

    @property
    def transient(self) -> bool:
        """Whether the processing mode keeps what is sent out of the database."""
        return self.headers.get("x-cumulocity-processing-mode", "").upper() in ("TRANSIENT", "CEP")

    # access -------------------------------------------------------------------------------------------------

    @cached_property
    def sees_all(self) -> bool:
        return not self.route.roles or any(role in self.caller.roles for role in self.route.roles)

    def sees(self, source: str) -> bool:
        return self.sees_all or self.tenant.access.permits(self.caller, source, self.route.scope)

    def holds(self, *roles: str) -> bool:
        """Whether the caller has any of these global roles."""
        return any(role in self.caller.roles for role in roles)

    def require(self, source: str) -> None:
        if not self.sees(source):
            raise forbidden()

    # links --------------------------------------------------------------------------------------------------

    def link(self, *segments: str) -> str:
        return self.base + "".join("/" + quote(segment, safe="") for segment in segments)
