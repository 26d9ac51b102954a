"""The sandbox: two tenants and the management tenant with the bootstrap user, behind one WSGI application."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sdk.sandbox import times
from sdk.sandbox.api.shown import renderer
from sdk.sandbox.application import Application
from sdk.sandbox.call import Route
from sdk.sandbox.faults import PROFILES, Faults
from sdk.sandbox.store.applications import Applications
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.tickets import Tickets
from sdk.sandbox.tokens import Sessions
from sdk.sandbox.world.accounts import add_bootstrap, build_management
from sdk.sandbox.world.applications import build_applications
from sdk.sandbox.world.build import build

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

SHARE_OF_GLOBEX = 4


class Sandbox:
    """An in-memory Cumulocity with the tenants `acme` (`devices` devices) and `globex` (a quarter of them).

    The same `seed` gives the same data; times are told from `start` (now by default). `latency` in seconds
    delays each answer, `faults` names a profile of `sdk.sandbox.faults.PROFILES` that is in force from the
    beginning.

    `wsgi` is the application, `adapter()` a `requests` adapter that answers from it in-process (mount it for
    `http://acme.sandbox` and `http://globex.sandbox`), `tenant(name)` gives the stores for a look inside,
    `credentials` the sign-ins by tenant and user, `bootstrap` those of the device bootstrap user,
    `management` those of the administrator of the tenant above them.
    """

    def __init__(
        self,
        devices: int = 1000,
        seed: int = 7,
        *,
        latency: float = 0.0,
        faults: str = "none",
        start: datetime | None = None,
    ) -> None:
        if devices < 0:
            raise ValueError(f"There cannot be {devices} devices.")
        if faults not in PROFILES:
            raise ValueError(f"There is no fault profile '{faults}'; there are {', '.join(PROFILES)}.")
        self.latency = latency
        self.faults = Faults(seed)
        for fault in PROFILES[faults]:
            self.faults.add(**fault)  # type: ignore[arg-type]
        keys = random.Random(seed)  # noqa: S311 - repeatable
        self.sessions, self.tickets = Sessions(keys.randbytes(32)), Tickets(keys.randbytes(32))
        self.tenants: dict[str, Tenant] = {}
        self.credentials: dict[str, dict[str, dict[str, Any]]] = {}
        self.start = start or datetime.now(UTC)
        for name, amount in (("acme", devices), ("globex", devices // SHARE_OF_GLOBEX)):
            self.tenants[name] = Tenant(name)
            self.credentials[name] = build(self.tenants[name], amount, seed, self.start)
        management = self.tenants["management"] = Tenant("management")
        self.management = {"tenant": "management", **build_management(management, seed)}
        self.bootstrap = {"tenant": "management", **add_bootstrap(management)}
        self.applications = Applications(seed)
        build_applications(self.applications, self.tenants, times.stamp(self.start))
        for tenant in self.tenants.values():
            tenant.feed.render = renderer(self, tenant)
        self.wsgi = Application(self)

    def tenant(self, name: str) -> Tenant:
        """The tenant itself, for direct access to its stores; KeyError if there is none."""
        return self.tenants[name]

    def reached_by(self, route: Route, tenant: Tenant) -> list[Tenant]:
        """The tenants that a call of `tenant` to the route may touch, always in the same order."""
        everybody = list(self.tenants.items())
        return [found for _, found in sorted(everybody)] if route.wide else [tenant]

    def admit(self, tenant: Tenant) -> None:
        """Open a tenant that is filled already."""
        tenant.feed.render = renderer(self, tenant)
        self.tenants[tenant.name] = tenant

    def adapter(self) -> BaseAdapter:
        """An adapter for `requests.Session.mount`: calls are answered in-process, without a port."""
        from sdk.sandbox.adapter import SandboxAdapter  # noqa: PLC0415 - requests is needed for this door only

        return SandboxAdapter(self.wsgi)
