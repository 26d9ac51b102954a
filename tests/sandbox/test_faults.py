"""Faults on demand."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest
import requests

from sdk.sandbox import Sandbox
from sdk.sandbox.faults import PROFILES
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

OBJECTS = "/inventory/managedObjects"


@pytest.mark.fact("answer.limit")
def test_a_limit_is_told_in_seconds_or_as_a_date(sandbox: Sandbox, admin: Door) -> None:
    sandbox.faults.add(status=429, retry_after=3, times=1)
    limited = admin.get(OBJECTS)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "3")
    sandbox.faults.add(status=429, retry_after="date+60", times=1)
    until = parsedate_to_datetime(admin.get(OBJECTS).headers["Retry-After"])
    assert 50 < until.timestamp() - time.time() < 61
    sandbox.faults.add(status=429, times=1)
    assert "Retry-After" not in admin.get(OBJECTS).headers
    assert admin.get(OBJECTS).status_code == 200


def test_a_fault_strikes_where_and_as_often_as_it_is_told(sandbox: Sandbox, admin: Door) -> None:
    fault = sandbox.faults.add("/alarm/*", method="GET", user="admin", status=503, skip=1, times=2)
    codes = [admin.get("/alarm/alarms").status_code for _ in range(4)]
    assert codes == [200, 503, 503, 200]
    assert fault.hits == 2
    sandbox.faults.add("/alarm/*", tenant="globex", status=500)
    assert admin.get("/alarm/alarms").status_code == 200
    assert Door(sandbox, "admin", "globex").get("/alarm/alarms").status_code == 500
    sandbox.faults.clear()
    assert Door(sandbox, "admin", "globex").get("/alarm/alarms").status_code == 200


def test_a_rate_repeats_itself_with_the_seed() -> None:
    def run() -> list[int]:
        sandbox = Sandbox(devices=5, seed=11)
        sandbox.faults.add(rate=0.3, status=503)
        admin = Door(sandbox, "admin")
        return [admin.get("/platform").status_code for _ in range(50)]

    assert run() == run()
    assert 5 < run().count(503) < 25


@pytest.mark.fact("answer.page")
def test_a_gateway_answers_with_a_page(sandbox: Sandbox, admin: Door) -> None:
    sandbox.faults.add(status=502, html=True)
    answer = admin.get(OBJECTS)
    assert answer.headers["Content-Type"] == "text/html"
    assert "502 Bad Gateway" in answer.text


def test_a_connection_breaks_before_or_after_the_effect(sandbox: Sandbox, admin: Door, acme: Tenant) -> None:
    before = len(acme.inventory.objects)
    for cut, made in (("before", 0), ("after", 1)):
        sandbox.faults.add(method="POST", cut=cut, times=1)
        with pytest.raises(requests.ConnectionError):
            admin.post(OBJECTS, "managedobject", {"name": "x"})
        assert len(acme.inventory.objects) == before + made


def test_an_answer_breaks_in_the_middle(sandbox: Sandbox, admin: Door) -> None:
    sandbox.faults.add(cut="middle", times=1)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        admin.get(OBJECTS)


def test_an_error_may_come_after_the_effect(sandbox: Sandbox, admin: Door, acme: Tenant) -> None:
    before = len(acme.inventory.objects)
    sandbox.faults.add(method="POST", status=500, when="after", times=1)
    assert admin.post(OBJECTS, "managedobject", {"name": "x"}).status_code == 500
    assert len(acme.inventory.objects) == before + 1


def test_the_json_breaks_off(sandbox: Sandbox, admin: Door) -> None:
    sandbox.faults.add(wrong_json=True, times=1)
    answer = admin.get(OBJECTS)
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_slow_answer_runs_into_the_timeout_of_the_caller(sandbox: Sandbox, admin: Door) -> None:
    sandbox.faults.add(delay=30, times=1)
    started = time.monotonic()
    with pytest.raises(requests.ReadTimeout):
        admin.get(OBJECTS, timeout=(1, 0.05))
    assert time.monotonic() - started < 5


def test_a_dripping_answer_arrives_whole(sandbox: Sandbox, admin: Door) -> None:
    sandbox.faults.add(drip=0.001, times=1)
    assert len(admin.get(OBJECTS).json()["managedObjects"]) == 5


def test_a_token_expires_in_the_middle_of_work(sandbox: Sandbox, acme: Tenant) -> None:
    door = Door(sandbox, "admin")
    form = {"grant_type": "PASSWORD", "username": "admin", "password": acme.passwords["admin"]}
    token = door.call("POST", "/tenant/oauth/token", data=form, auth=lambda request: request).json()[
        "access_token"
    ]
    door.session.auth = None
    door.session.headers["Authorization"] = f"Bearer {token}"
    assert door.get(OBJECTS).status_code == 200
    sandbox.faults.add(OBJECTS, expire_token=True, times=1)
    assert "terminated" in door.get(OBJECTS).json()["message"]
    assert door.get(OBJECTS).status_code == 401


def test_counts_are_stale_on_demand(sandbox: Sandbox, admin: Door) -> None:
    sandbox.faults.add(stale_counts=3, times=1)
    path = f"{OBJECTS}?fragmentType=c8y_IsDevice&withTotalElements=true"
    assert admin.get(path).json()["statistics"]["totalElements"] == 63
    assert admin.get(path).json()["statistics"]["totalElements"] == 60


@pytest.mark.parametrize("wrong", [{"cut": "sometimes"}, {"when": "never"}, {"unknown": 1}])
def test_a_fault_that_makes_no_sense_is_refused(sandbox: Sandbox, wrong: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        sandbox.faults.add(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_is_in_force_from_the_beginning(profile: str) -> None:
    assert Sandbox(devices=4, faults=profile).faults.none is (profile == "none")


def test_an_unknown_profile_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="no fault profile 'odd'"):
        Sandbox(devices=4, faults="odd")
