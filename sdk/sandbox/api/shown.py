"""How changes are shown to those who are told of them: as the wire shows the thing itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sdk.sandbox.api import managed_objects, measurements, operations
from sdk.sandbox.api.sources import with_source
from sdk.sandbox.call import Answer, Call, Json, Route
from sdk.sandbox.signin import Caller

if TYPE_CHECKING:
    from sdk.sandbox.platform import Sandbox
    from sdk.sandbox.store.tenant import Tenant

_ROUTE = Route("notification", "GET", "", lambda _: Answer())
_RENDER: dict[str, Callable[[Call, Json], Json]] = {
    "alarms": lambda call, alarm: with_source(call, alarm, "alarm", "alarms"),
    "events": lambda call, event: with_source(call, event, "event", "events"),
    "managedobjects": managed_objects.render,
    "measurements": measurements.render,
    "operations": operations.render,
}


def renderer(sandbox: Sandbox, tenant: Tenant) -> Callable[[str, Json], Json]:
    """Shows a record of an API of the tenant, with links by the tenant's own name."""
    query = {"withParents": ["true"]}
    base = f"http://{tenant.domain}"
    call = Call(sandbox, tenant, Caller(""), _ROUTE, {}, query, {}, b"", base, "")
    return lambda api, record: _RENDER[api](call, record)
