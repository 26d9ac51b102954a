"""What a generator makes of the description, sent to every operation that the sandbox has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode

from sdk.sandbox import Sandbox
from sdk.sandbox.api import DOMAINS
from sdk.sandbox.call import Route
from tests.contract import description
from tests.sandbox.states import state_of

schemathesis.serializer.alias("application/pkcs10", "application/octet-stream")
BASE = "http://acme.sandbox"
ROUTES = [route for domain in DOMAINS for route in domain.routes]
EXAMPLES = settings(
    derandomize=True,
    max_examples=2,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
REMEMBERED = {
    # The tenant takes note of who asked: a device that waits for its acceptance, or gave a wrong token.
    ("POST", "/devicecontrol/deviceCredentials"),
    ("PUT", "/devicecontrol/newDeviceRequests/{}"),
    # A sign-in that fails is audited.
    ("POST", "/tenant/oauth"),
    ("POST", "/tenant/oauth/token"),
}
NEVER_WRONG = {
    # Any bytes will do for a body.
    ("POST", "/.well-known/est/simpleenroll"),
    ("POST", "/.well-known/est/simplereenroll"),
    ("PUT", "/event/events/{}/binaries"),
    ("PUT", "/inventory/binaries/{}"),
}


def _plain(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


@cache
def _operations() -> dict[tuple[str, str], Any]:
    found: list[Any] = list(schemathesis.openapi.from_dict(description.load()).get_all_operations())
    operations = [result.ok() for result in found]
    return {(operation.method.upper(), _plain(operation.path)): operation for operation in operations}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(devices=4, seed=7)


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.mount(BASE, sandbox.adapter())
        session.auth = ("admin", sandbox.tenant("acme").passwords["admin"])
        session.headers["X-Cumulocity-Application-Key"] = "tests"
        yield session


@pytest.mark.slow
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.template}")
def test_every_generated_call_is_answered_as_described(
    route: Route, sandbox: Sandbox, session: requests.Session
) -> None:
    description.require()
    name = route.method, _plain(route.template)
    if name not in _operations():
        assert description.is_known_as_undescribed(" ".join(name).replace("{}", "x"))
        return
    operation = _operations()[name]
    wrong = [GenerationMode.NEGATIVE] if operation.body and name not in NEVER_WRONG else []
    for mode in GenerationMode.POSITIVE, *wrong:

        @EXAMPLES
        @given(case=operation.as_strategy(generation_mode=mode))
        def sent(case: Case[Any]) -> None:
            check(sandbox, session, route, case)
            ground(sandbox, case)
            check(sandbox, session, route, case)

        sent()


def check(sandbox: Sandbox, session: requests.Session, route: Route, case: Case[Any]) -> None:
    """Send the case: the answer is as described, and a refusal has changed nothing."""
    changing = route.method != "GET" and (route.method, _plain(route.template)) not in REMEMBERED
    before = state_of(sandbox) if changing else ""
    request = session.prepare_request(requests.Request(**case.as_transport_kwargs(base_url=BASE)))
    answer = session.send(request)
    assert answer.status_code < 500, answer.text
    assert description.problems_of_answer(answer) == []
    if changing and answer.status_code >= 400:
        assert state_of(sandbox) == before


def ground(sandbox: Sandbox, case: Case[Any]) -> None:
    """Let the case speak of what exists, and ask for an answer that there is."""
    acme = sandbox.tenant("acme")
    device = next(iter(acme.inventory.index.having("c8y_IsDevice").listed()), "0")
    stores = {"alarm": acme.alarms, "event": acme.events, "measurement": acme.measurements}
    stores["devicecontrol"] = acme.operations
    identifier = next(iter(stores.get(case.path.split("/")[1], ())), device)
    known = {"id": identifier, "tenantId": "acme", "userId": "reader", "groupId": "1", "childId": device}
    case.path_parameters |= {name: known[name] for name in case.path_parameters if name in known}
    case.headers["Accept"] = "application/json"
    if isinstance(case.body, dict):
        existing: dict[str, Any] = {"source": {"id": device}, "deviceId": device}
        case.body |= {name: value for name, value in existing.items() if name in case.body}
