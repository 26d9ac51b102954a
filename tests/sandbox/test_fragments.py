"""Names of fragments and series that the platform could not work with."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.doors import Door

TIME = "2026-01-01T00:00:00Z"
WRONG = ["a b", "a.b", "a,b", "a*", "[a]", "(a)", "a@b", "$a", "a\tb", ""]
RIGHT = ["c8y_A", "A+:1", "ä-ö", "a/b", "{a}", "1"]


def kinds(agent: str) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Path, media type and a complete body of each kind of document with fragments."""
    known = {"source": {"id": agent}, "type": "t", "time": TIME}
    alarm = known | {"text": "x", "severity": "MINOR"}
    return {
        "object": ("/inventory/managedObjects", "managedobject", {"name": "x"}),
        "event": ("/event/events", "event", known | {"text": "x"}),
        "alarm": ("/alarm/alarms", "alarm", alarm),
        "upsert": ("/alarm/alarms/upsert", "alarm", alarm),
        "measurement": ("/measurement/measurements", "measurement", known),
        "operation": ("/devicecontrol/operations", "operation", {"deviceId": agent}),
    }


@pytest.mark.fact("document.names")
@pytest.mark.parametrize("kind", ["object", "event", "alarm", "upsert", "measurement", "operation"])
def test_no_document_takes_a_name_that_is_none(admin: Door, agent: str, kind: str) -> None:
    path, media, body = kinds(agent)[kind]
    for name in WRONG:
        refusal = admin.post(path, media, body | {name: {"T": {"value": 1}}})
        assert (refusal.status_code, f"'{name}'" in refusal.json()["message"]) == (422, True), name
    for name in RIGHT:
        assert admin.post(path, media, body | {name: {"T": {"value": 1}}}).status_code < 300, name


@pytest.mark.parametrize("kind", ["object", "event", "alarm", "operation"])
def test_nor_does_a_change_of_one(admin: Door, agent: str, kind: str) -> None:
    path, media, body = kinds(agent)[kind]
    made = admin.post(path, media, body | {"c8y_A": {}}).json()
    for name in WRONG:
        assert admin.put(f"{path}/{made['id']}", media, {name: {}}).status_code == 422, name


@pytest.mark.fact("document.names")
@pytest.mark.parametrize("name", WRONG)
def test_series_have_such_names_neither(admin: Door, agent: str, name: str) -> None:
    path, media, body = kinds(agent)["measurement"]
    before = len(admin.get(f"{path}?source={agent}&pageSize=2000").json()["measurements"])
    assert admin.post(path, media, body | {"c8y_A": {name: {"value": 1}}}).status_code == 422
    both = {"measurements": [body | {"c8y_A": {part: {"value": 1}}} for part in ("T", name)]}
    assert admin.post(path, "measurementcollection", both).status_code == 422
    assert len(admin.get(f"{path}?source={agent}&pageSize=2000").json()["measurements"]) == before
