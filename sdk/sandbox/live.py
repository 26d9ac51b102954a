"""A sandbox that breathes: devices register, run operations, raise and clear alarms, send measurements, fall
silent and come back.

The devices use the front door like everybody, with their own credentials; faults and latency spare them.
"""

from __future__ import annotations

import base64
import json
import random
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice

from sdk.sandbox import times
from sdk.sandbox.call import Json, vendor
from sdk.sandbox.platform import Sandbox
from sdk.sandbox.store.availability import decay
from sdk.sandbox.store.bulk import advance
from sdk.sandbox.store.operations import AGENT
from sdk.sandbox.store.retention import expire
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.world.makes import ALARMS, FAILURES, MAKES

OPERATIONS_PER_TICK = 50
UNFINISHED = ("PENDING", "EXECUTING")
SENDERS_PER_TICK = 3
WATCHED_PER_TICK = 500
CHANCE_OF_POLL, CHANCE_OF_ALARM, CHANCE_OF_FAILURE, CHANCE_OF_RETURN = 0.5, 0.2, 0.1, 0.2
_BY_TYPE = {make.type: make for make in MAKES}


class Live:
    """The life of all devices in one daemon thread; `pace` is the time between two ticks in seconds."""

    def __init__(self, sandbox: Sandbox, seed: int = 7, pace: float = 1.0) -> None:
        self._sandbox, self._rng, self._pace = sandbox, random.Random(seed), pace  # noqa: S311 - repeatable
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-live", daemon=True)
        self._arriving: list[Iterator[None]] = []
        self._watched: dict[str, int] = {}
        self._cleaned: dict[str, date] = {}

    def start(self) -> Live:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopped.wait(self._pace):
            self.tick()

    def tick(self) -> None:
        """Let a moment pass in every tenant."""
        self._arriving = [arrival for arrival in self._arriving if next(arrival, self) is not self]
        for name in self._sandbox.credentials:
            tenant = self._sandbox.tenants[name]
            with tenant.lock:
                advance(tenant)
            self._clean(tenant)
            doings = (self._poll_for_credentials, self._run_operations, self._send, self._watch, self._alarms)
            for happening in doings:
                happening(tenant)

    def _clean(self, tenant: Tenant) -> None:
        """The retention rules are carried out once a day."""
        now = datetime.now(UTC)
        if self._cleaned.get(tenant.name) != now.date():
            self._cleaned[tenant.name] = now.date()
            expire(tenant, now)

    def _ask(
        self, tenant: Tenant, user: str, method: str, path: str, kind: str, body: Json
    ) -> tuple[int, Json]:
        """Call the tenant as `user`; gives status and JSON."""
        with tenant.lock:
            password = tenant.passwords.get(user, "")
        login = base64.b64encode(f"{tenant.name}/{user}:{password}".encode()).decode()
        return ask(self._sandbox, method, path, kind, body, f"Basic {login}", f"{tenant.name}.sandbox")

    # registration -------------------------------------------------------------------------------------------

    def _poll_for_credentials(self, tenant: Tenant) -> None:
        with tenant.lock:
            polling = [request for request in tenant.requests.values() if not request.get("silent")]
        for request in polling:
            if request["status"] != "BLOCKED" and self._rng.random() < CHANCE_OF_POLL:
                bootstrap = self._sandbox.tenants["management"]
                path, body = "/devicecontrol/deviceCredentials", {"id": request["id"]}
                status, answer = self._ask(
                    bootstrap, "devicebootstrap", "POST", path, "devicecredentials", body
                )
                if status == 201:
                    self._arriving.append(
                        self._arrive(tenant, answer["id"], answer["username"], request.get("type"))
                    )

    def _arrive(self, tenant: Tenant, serial: str, user: str, kind: str | None) -> Iterator[None]:
        """What a device does with fresh credentials, one step each tick."""
        make = _BY_TYPE.get(kind or "", MAKES[0])
        document: Json = {
            "name": f"{make.name} {serial}", "type": make.type, "c8y_IsDevice": {}, AGENT: {},
            "c8y_Hardware": {"model": make.model, "serialNumber": serial, "revision": "A"},
            "c8y_SupportedOperations": list(make.operations),
            "c8y_RequiredAvailability": {"responseInterval": 60},
        }  # fmt: skip
        yield
        status, answer = self._ask(
            tenant, user, "POST", "/inventory/managedObjects", "managedobject", document
        )
        if status != 201:
            return
        yield
        path = f"/identity/globalIds/{answer['id']}/externalIds"
        self._ask(tenant, user, "POST", path, "externalid", {"type": "c8y_Serial", "externalId": serial})
        yield
        self._send_one(tenant, answer["id"])

    # operations ---------------------------------------------------------------------------------------------

    def _run_operations(self, tenant: Tenant) -> None:
        with tenant.lock:
            unfinished = (found for found in tenant.operations.values() if found["status"] in UNFINISHED)
            some = islice(unfinished, OPERATIONS_PER_TICK)
            moving = [(found["id"], found["status"], found["agentId"]) for found in some]
        for identifier, status, agent in moving:
            body: Json = {"status": "EXECUTING"}
            if status == "EXECUTING":
                body = {"status": "SUCCESSFUL"}
                if self._rng.random() < CHANCE_OF_FAILURE:
                    body = {"status": "FAILED", "failureReason": self._rng.choice(FAILURES)}
            path = f"/devicecontrol/operations/{identifier}"
            self._ask(tenant, self._owner(tenant, agent), "PUT", path, "operation", body)

    def _owner(self, tenant: Tenant, device: str) -> str:
        with tenant.lock:
            return str(tenant.inventory.objects.get(device, {}).get("owner", ""))

    # data ---------------------------------------------------------------------------------------------------

    def _any_device(self, tenant: Tenant) -> str | None:
        with tenant.lock:
            devices = tenant.inventory.index.having("c8y_IsDevice").listed()
            return self._rng.choice(devices) if devices else None

    def _send(self, tenant: Tenant) -> None:
        for _ in range(SENDERS_PER_TICK):
            device = self._any_device(tenant)
            if device:
                self._send_one(tenant, device)

    def _watch(self, tenant: Tenant) -> None:
        """The platform looks after some devices; one of those that fell silent is heard again."""
        with tenant.lock:
            devices = tenant.inventory.index.having("c8y_RequiredAvailability").listed()
            start = self._watched.get(tenant.name, 0) % max(1, len(devices))
            some = devices[start : start + WATCHED_PER_TICK]
            self._watched[tenant.name] = start + WATCHED_PER_TICK
            decay(tenant, some)
            silent = [found for found in some if self._is_silent(tenant, found)]
        if silent and self._rng.random() < CHANCE_OF_RETURN:
            self._send_one(tenant, self._rng.choice(silent))

    def _is_silent(self, tenant: Tenant, device: str) -> bool:
        state = tenant.inventory.objects[device].get("c8y_Availability")
        return isinstance(state, dict) and state.get("status") == "UNAVAILABLE"

    def _send_one(self, tenant: Tenant, device: str) -> None:
        with tenant.lock:
            make = _BY_TYPE.get(str(tenant.inventory.objects.get(device, {}).get("type")), MAKES[0])
        body: Json = {"type": f"{make.type}Measurement", "time": times.now(), "source": {"id": device}}
        for name, unit, lowest, highest in make.series:
            fragment, series = name.split(".")
            body.setdefault(fragment, {})[series] = {
                "value": round(self._rng.uniform(lowest, highest), 2),
                "unit": unit,
            }
        self._ask(
            tenant, self._owner(tenant, device), "POST", "/measurement/measurements", "measurement", body
        )

    def _alarms(self, tenant: Tenant) -> None:
        device = self._any_device(tenant)
        if device and self._rng.random() < CHANCE_OF_ALARM:
            kind, text, severity = self._rng.choice(ALARMS)
            body: Json = {
                "type": kind,
                "text": text,
                "severity": severity,
                "time": times.now(),
                "source": {"id": device},
            }
            self._ask(tenant, self._owner(tenant, device), "POST", "/alarm/alarms", "alarm", body)
        if self._rng.random() < CHANCE_OF_ALARM:
            self._clear_one(tenant)

    def _clear_one(self, tenant: Tenant) -> None:
        with tenant.lock:
            active = [
                (found["id"], found["source"]["id"])
                for found in tenant.alarms.values()
                if found["status"] == "ACTIVE"
            ]
        if active:
            identifier, device = self._rng.choice(active)
            path = f"/alarm/alarms/{identifier}"
            self._ask(tenant, self._owner(tenant, device), "PUT", path, "alarm", {"status": "CLEARED"})


def ask(
    sandbox: Sandbox, method: str, path: str, kind: str, body: Json, authorization: str, host: str
) -> tuple[int, Json]:
    """Call the application from inside, past faults and latency; gives status and JSON."""
    environ = {
        "REQUEST_METHOD": method, "REQUEST_URI": path, "QUERY_STRING": "", "HTTP_HOST": host,
        "HTTP_AUTHORIZATION": authorization, "HTTP_ACCEPT": vendor(kind), "CONTENT_TYPE": vendor(kind),
        "sandbox.inside": True,
    }  # fmt: skip
    status, answer = sandbox.wsgi.ask(environ, json.dumps(body).encode())
    return status, json.loads(answer) if answer else {}
