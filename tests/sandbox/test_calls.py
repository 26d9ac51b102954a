"""What holds for every call: media types, methods, errors."""

from __future__ import annotations

import pytest
import requests

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door, media

OBJECTS = "/inventory/managedObjects"


@pytest.mark.fact("header.no-accept")
def test_without_accept_a_change_answers_with_an_empty_body(admin: Door) -> None:
    headers = {"Content-Type": media("managedobject"), "Accept": None}
    answer = admin.call("POST", OBJECTS, json={"name": "x"}, headers=headers)
    assert (answer.status_code, answer.content) == (201, b"")
    assert "/inventory/managedObjects/" in answer.headers["Location"]


def test_answers_have_the_vendors_media_type(admin: Door) -> None:
    answer = admin.get(OBJECTS, headers={"Accept": "application/json"})
    assert answer.headers["Content-Type"] == f"{media('managedobjectcollection')};charset=UTF-8;ver=0.9"
    assert admin.get(OBJECTS, headers={"Accept": media("managedObjectCollection")}).status_code == 200


@pytest.mark.fact("header.accept")
def test_a_type_that_is_not_available_is_not_acceptable(admin: Door) -> None:
    assert admin.get(OBJECTS, headers={"Accept": media("alarm")}).status_code == 406


def test_blanks_in_a_type_that_is_asked_for_mean_nothing(admin: Door) -> None:
    spaced = "application / vnd.com.nsn.cumulocity.managedObjectCollection+json ; charset=UTF-8"
    assert admin.get(OBJECTS, headers={"Accept": spaced}).status_code == 200


def test_a_body_of_the_wrong_type_is_refused(admin: Door) -> None:
    headers = {"Content-Type": "text/plain", "Accept": "application/json"}
    assert admin.call("POST", OBJECTS, data="{}", headers=headers).status_code == 415


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'"x"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused_in_words(admin: Door, body: bytes) -> None:
    headers = {"Content-Type": media("managedobject"), "Accept": "application/json"}
    answer = admin.call("POST", OBJECTS, data=body, headers=headers)
    assert answer.status_code == 422
    assert "JSON" in answer.json()["message"]


@pytest.mark.fact("header.tunnel")
def test_other_methods_travel_through_post(admin: Door, acme: Tenant) -> None:
    made = admin.post(OBJECTS, "managedobject", {"name": "x"}).json()["id"]
    headers = {"X-HTTP-METHOD": "PUT", "Content-Type": media("managedobject")}
    assert admin.call("POST", f"{OBJECTS}/{made}", json={"name": "y"}, headers=headers).status_code == 200
    assert acme.inventory.objects[made]["name"] == "y"
    assert admin.call("POST", f"{OBJECTS}/{made}", headers={"X-HTTP-METHOD": "DELETE"}).status_code == 204
    assert made not in acme.inventory.objects


@pytest.mark.fact("answer.error")
def test_unknown_paths_and_methods_have_error_bodies(admin: Door) -> None:
    assert admin.get("/nowhere").status_code == 404
    wrong = admin.call("PATCH", OBJECTS)
    assert wrong.status_code == 405
    assert set(wrong.json()) == {"error", "message", "info"}
    missing = admin.get(f"{OBJECTS}/0")
    assert missing.json()["error"] == "inventory/notFound"
    assert missing.headers["Content-Type"].startswith(media("error"))


def test_several_slashes_count_as_one(admin: Door) -> None:
    assert admin.get("//inventory//managedObjects/").status_code == 200


def test_an_unknown_processing_mode_is_refused(admin: Door) -> None:
    assert admin.get(OBJECTS, headers={"X-Cumulocity-Processing-Mode": "SOMETIMES"}).status_code == 422


@pytest.mark.fact("header.transient")
def test_what_is_sent_transiently_is_not_stored(admin: Door, acme: Tenant, agent: str) -> None:
    before = len(acme.events), len(acme.alarms), len(acme.measurements)
    mode = {"X-Cumulocity-Processing-Mode": "TRANSIENT"}
    record = {"type": "t_new", "time": "2026-01-01T00:00:00Z", "source": {"id": agent}}
    event = admin.post("/event/events", "event", record | {"text": "x"}, headers=mode)
    alarm = admin.post("/alarm/alarms", "alarm", record | {"text": "x", "severity": "MAJOR"}, headers=mode)
    series = record | {"c8y_T": {"T": {"value": 1}}}
    measurement = admin.post("/measurement/measurements", "measurement", series, headers=mode)
    assert [answer.status_code for answer in (event, alarm, measurement)] == [201, 201, 201]
    assert not any("id" in answer.json() for answer in (event, alarm, measurement))
    assert before == (len(acme.events), len(acme.alarms), len(acme.measurements))


@pytest.mark.fact("address.templates")
def test_the_roots_give_templates(admin: Door) -> None:
    platform = admin.get("/platform").json()
    assert platform["inventory"]["managedObjectsForType"].endswith("/inventory/managedObjects?type={type}")
    assert admin.get("/alarm").json()["alarmsForStatus"].endswith("status={status}")
    assert admin.get("/user").json()["users"].endswith("/user/{realm}/users")


def test_head_tells_what_get_tells_without_the_body(admin: Door, sandbox: Sandbox) -> None:
    told, asked = admin.get("/alarm/alarms"), admin.call("HEAD", "/alarm/alarms")
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers == told.headers
    assert admin.call("HEAD", "/nowhere").status_code == 404
    sandbox.faults.add(cut="middle")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        admin.call("HEAD", "/alarm/alarms")
