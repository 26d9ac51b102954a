"""The checker itself: that it sees what is wrong, and tells when it cannot look."""

from __future__ import annotations

import pytest

from sdk.sandbox import Sandbox
from tests.contract import description
from tests.sandbox.doors import Door, media


def test_without_a_description_tests_are_skipped_and_fail_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("C8Y_OPENAPI", "/nowhere.json")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="NO CONTRACT TESTS"):
        description.require()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="C8Y_OPENAPI"):
        description.require()


@pytest.fixture
def door() -> Door:
    description.require()
    return Door(Sandbox(devices=5), "admin")


def test_a_wrong_answer_is_seen(door: Door) -> None:
    problems = description.watch(door.session)
    sandbox = Sandbox(devices=5)
    door.session.mount(door.base, sandbox.adapter())
    sandbox.faults.add(status=200, body=b'{"alarms": [{"severity": "HORRIBLE"}]}', times=1)
    door.get("/alarm/alarms")
    assert len(problems) == 1
    door.get("/alarm/alarms")
    assert len(problems) == 1


def test_an_accepted_request_that_is_not_described_is_seen(door: Door) -> None:
    problems = description.watch(door.session)
    door.get("/alarm/alarms?pageSize=5000")
    assert "5000 is greater than the maximum of 2000" in problems[0]
    door.call("PATCH", "/alarm/alarms")
    door.get("/inventory/managedObjects/count")
    assert len(problems) == 1


def test_a_tunnelled_method_is_checked_as_that_method(door: Door) -> None:
    problems = description.watch(door.session)
    made = door.post("/inventory/managedObjects", "managedobject", {"name": "x"}).json()["id"]
    headers = {"X-HTTP-METHOD": "PUT", "Content-Type": media("managedobject"), "Accept": "application/json"}
    path = f"/inventory/managedObjects/{made}"
    assert door.call("POST", path, json={"name": "y"}, headers=headers).status_code == 200
    assert problems == []
