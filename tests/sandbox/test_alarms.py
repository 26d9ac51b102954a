"""Alarms, events and measurements."""

from __future__ import annotations

from typing import Any

import pytest

from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

ALARMS = "/alarm/alarms"


@pytest.fixture(autouse=True)
def _quiet(acme: Tenant) -> None:
    """No alarms but those of the test."""
    for identifier in list(acme.alarms):
        acme.alarms.remove(identifier)


def alarm(source: str, **more: Any) -> dict[str, Any]:
    given = {"type": "t", "text": "Too hot", "severity": "MAJOR", "time": "2026-01-01T00:00:00Z"}
    return {"source": {"id": source}} | given | more


def ids(admin: Door, query: str = "") -> list[str]:
    return [found["id"] for found in admin.get(f"{ALARMS}?pageSize=100&{query}").json()["alarms"]]


@pytest.mark.fact("alarm.again")
def test_a_second_alarm_of_the_same_kind_only_counts(admin: Door, acme: Tenant, agent: str) -> None:
    first = admin.post(ALARMS, "alarm", alarm(agent)).json()
    audits = len(acme.audits)
    again = alarm(agent, text="Other", severity="MINOR", time="2026-01-02T00:00:00Z")
    second = admin.post(ALARMS, "alarm", again).json()
    assert second["id"] == first["id"]
    assert (second["count"], second["text"], second["severity"]) == (2, "Too hot", "MAJOR")
    assert (second["time"], second["firstOccurrenceTime"]) == (
        "2026-01-02T00:00:00.000Z",
        "2026-01-01T00:00:00.000Z",
    )
    assert len(acme.audits) == audits


@pytest.mark.fact("alarm.again")
def test_a_cleared_alarm_is_not_revived(admin: Door, agent: str) -> None:
    first = admin.post(ALARMS, "alarm", alarm(agent)).json()["id"]
    admin.put(f"{ALARMS}/{first}", "alarm", {"status": "CLEARED"})
    assert admin.post(ALARMS, "alarm", alarm(agent)).json()["id"] != first


@pytest.mark.fact("alarm.maintenance")
def test_a_device_in_maintenance_raises_no_alarm(admin: Door, acme: Tenant, agent: str) -> None:
    acme.inventory.update(agent, {"c8y_RequiredAvailability": {"responseInterval": -1}})
    answer = admin.post(ALARMS, "alarm", alarm(agent))
    assert answer.status_code == 201
    assert answer.json()["self"].endswith("/alarm/alarms/null")
    assert not acme.alarms


@pytest.mark.fact("alarm.mapping")
def test_the_type_mapping_of_the_tenant_applies(admin: Door, acme: Tenant, agent: str) -> None:
    acme.options["alarm.type.mapping", "t"] = {"value": "WARNING|Known", "editable": True}
    mapped = admin.post(ALARMS, "alarm", alarm(agent)).json()
    assert (mapped["severity"], mapped["text"]) == ("WARNING", "Known")
    acme.options["alarm.type.mapping", "u"] = {"value": "NONE|", "editable": True}
    suppressed = admin.post(ALARMS, "alarm", alarm(agent, type="u")).json()
    assert ("id" in suppressed, suppressed["severity"]) == (False, alarm(agent)["severity"])


def test_a_type_mapping_to_no_severity_leaves_the_alarms_own(admin: Door, acme: Tenant, agent: str) -> None:
    acme.options["alarm.type.mapping", "t"] = {"value": "AWFUL|Known", "editable": True}
    mapped = admin.post(ALARMS, "alarm", alarm(agent)).json()
    assert (mapped["severity"], mapped["text"]) == (alarm(agent)["severity"], "Known")


@pytest.mark.parametrize(
    "changes",
    [{"source": None}, {"type": ""}, {"text": 5}, {"severity": "BAD"}, {"status": "OPEN"}, {"time": "soon"},
     {"id": "1"}, {"source": {"id": "0"}}, {"count": 3}],
)  # fmt: skip
def test_a_wrong_alarm_is_refused(admin: Door, agent: str, changes: dict[str, Any]) -> None:
    answer = admin.post(ALARMS, "alarm", alarm(agent) | changes)
    assert answer.status_code == 422
    assert answer.json()["error"] == "alarm/invalidData"


@pytest.mark.fact("alarm.lists")
def test_lists_are_newest_first_and_filtered(admin: Door, acme: Tenant, agent: str) -> None:
    other = next(
        key for key, found in acme.inventory.objects.items() if "c8y_IsDevice" in found and key != agent
    )
    old = admin.post(ALARMS, "alarm", alarm(agent, time="2026-01-01T01:00:00+01:00")).json()["id"]
    new = admin.post(ALARMS, "alarm", alarm(agent, type="u", time="2026-01-03", severity="MINOR")).json()[
        "id"
    ]
    far = admin.post(ALARMS, "alarm", alarm(other, time="2026-01-02T00:00:00Z", status="CLEARED")).json()[
        "id"
    ]
    assert ids(admin) == [new, far, old]
    assert ids(admin, f"source={agent}") == [new, old]
    assert ids(admin, "severity=MINOR,WARNING") == [new]
    assert ids(admin, "status=ACTIVE") == [new, old]
    assert ids(admin, "type=t,x") == [far, old]
    assert ids(admin, "resolved=true") == [far]
    assert ids(admin, "resolved=false&status=CLEARED") == [new, old]
    assert ids(admin, "dateFrom=2026-01-01T00:00:00Z&dateTo=2026-01-03") == [far, old]
    assert ids(admin, "dateFrom=2026-01-01T00:00:01Z") == [new, far]
    assert ids(admin, "createdFrom=2099-01-01") == []
    assert admin.get(f"{ALARMS}/count?status=ACTIVE").text == "2"
    for unknown in ("status=OPEN", "status=active", "severity=minor"):
        assert admin.get(f"{ALARMS}?{unknown}").status_code == 422


def test_the_hierarchy_of_a_source_can_be_included(admin: Door, acme: Tenant) -> None:
    root = next(key for key, found in acme.inventory.objects.items() if found.get("name") == "Site Aarhus")
    device = next(
        key for key in acme.inventory.hierarchy(root) if "c8y_IsDevice" in acme.inventory.objects[key]
    )
    made = admin.post(ALARMS, "alarm", alarm(device)).json()["id"]
    assert ids(admin, f"source={root}") == []
    assert made in ids(admin, f"source={root}&withSourceAssets=true&withSourceDevices=true")
    assert made in ids(admin, f"source={root}&withSourceChildren=true")
    assert admin.get(f"{ALARMS}?withSourceChildren=true").status_code == 422


@pytest.mark.fact("alarm.fixed")
def test_only_state_and_text_of_an_alarm_change(admin: Door, agent: str) -> None:
    made = admin.post(ALARMS, "alarm", alarm(agent)).json()["id"]
    assert admin.put(f"{ALARMS}/{made}", "alarm", {"type": "u"}).status_code == 422
    assert admin.put(f"{ALARMS}/{made}", "alarm", {"status": "DONE"}).status_code == 422
    changed = admin.put(
        f"{ALARMS}/{made}", "alarm", {"status": "ACKNOWLEDGED", "text": "Seen", "my_Note": {"a": 1}}
    )
    assert changed.json()["my_Note"] == {"a": 1}
    assert admin.get(f"{ALARMS}/{made}").json()["status"] == "ACKNOWLEDGED"
    assert admin.delete(f"{ALARMS}/{made}").status_code == 405


@pytest.mark.fact("alarm.unchanged")
def test_a_change_that_changes_nothing_leaves_no_trace(admin: Door, acme: Tenant, agent: str) -> None:
    made = admin.post(ALARMS, "alarm", alarm(agent)).json()
    audits = len(acme.audits)
    unchanged = admin.put(f"{ALARMS}/{made['id']}", "alarm", {"status": "ACTIVE"}).json()
    assert unchanged["lastUpdated"] == made["lastUpdated"]
    assert len(acme.audits) == audits


@pytest.mark.fact("alarm.many")
def test_many_alarms_change_their_status_and_nothing_else(admin: Door, acme: Tenant, agent: str) -> None:
    for kind in "abc":
        admin.post(ALARMS, "alarm", alarm(agent, type=kind))
    assert admin.put(ALARMS, "alarm", {"status": "CLEARED"}).status_code == 422
    assert admin.put(f"{ALARMS}?type=a", "alarm", {"status": "CLEARED"}).status_code == 422
    assert admin.put(f"{ALARMS}?source={agent}", "alarm", {"text": "x"}).status_code == 422
    assert admin.put(f"{ALARMS}?source={agent}", "alarm", {"status": "CLEARED"}).status_code == 200
    assert {found["status"] for found in acme.alarms.values()} == {"CLEARED"}


def test_deleting_alarms_needs_a_real_filter(admin: Door, acme: Tenant, agent: str) -> None:
    admin.post(ALARMS, "alarm", alarm(agent))
    admin.post(ALARMS, "alarm", alarm(agent, type="u"))
    assert admin.delete(ALARMS).status_code == 422
    assert admin.delete(f"{ALARMS}?type=t").status_code == 422
    assert admin.delete(f"{ALARMS}?source={agent}&type=t").status_code == 204
    assert [found["type"] for found in acme.alarms.values()] == ["u"]


@pytest.mark.fact("alarm.upsert")
def test_upsert_changes_the_open_alarm(admin: Door, agent: str) -> None:
    created = admin.post(f"{ALARMS}/upsert", "alarm", alarm(agent))
    assert (created.status_code, created.json()["previousState"]) == (201, None)
    path = f"{ALARMS}/upsert?incrementCount=false"
    changed = admin.post(path, "alarm", {"source": {"id": agent}, "type": "t", "severity": "MINOR"}).json()
    assert (changed["alarm"]["severity"], changed["alarm"]["count"]) == ("MINOR", 1)
    assert changed["previousState"]["severity"] == "MAJOR"


@pytest.mark.fact("event.order")
def test_events_are_newest_first_and_turn_round_with_dates_only(admin: Door, agent: str) -> None:
    for day in ("01", "02", "03"):
        body = {"source": {"id": agent}, "type": "t_e", "text": day, "time": f"2026-02-{day}", "my_F": day}
        admin.post("/event/events", "event", body)

    def texts(query: str) -> list[str]:
        return [found["text"] for found in admin.get(f"/event/events?type=t_e&{query}").json()["events"]]

    assert texts("") == ["03", "02", "01"]
    assert texts("revert=true") == ["03", "02", "01"]
    assert texts("revert=true&dateFrom=2026-02-01&dateTo=2026-02-03") == ["01", "02"]
    assert texts("fragmentType=my_F&fragmentValue=02") == ["02"]


@pytest.mark.fact("measurement.dropped", "measurement.unit")
def test_measurements_are_oldest_first_and_drop_what_is_no_number(admin: Door, agent: str) -> None:
    for day, value in (("01", 1), ("02", 2.5)):
        series = {"T": {"value": value, "unit": "C"}, "bad": {"value": "x"}, "worse": 3}
        body = {"source": {"id": agent}, "type": "t_m", "time": f"2026-02-{day}", "my_M": series}
        made = admin.post("/measurement/measurements", "measurement", body)
        assert made.json()["my_M"] == {"T": {"value": value, "unit": "C"}}
    nothing = {"source": {"id": agent}, "type": "t_m", "time": "2026-02-01"}
    assert admin.post("/measurement/measurements", "measurement", nothing).status_code == 422
    for unit in ("", None, 5):
        wrong = nothing | {"my_M": {"T": {"value": 1, "unit": unit}}}
        assert admin.post("/measurement/measurements", "measurement", wrong).status_code == 422
    custom = {"T": {"value": "x"}, "worse": 3}
    plain = admin.post("/measurement/measurements", "measurement", nothing | {"type": "t_p", "my_P": custom})
    assert (plain.status_code, plain.json()["my_P"]) == (201, custom)

    def values(query: str) -> list[float]:
        found = admin.get(f"/measurement/measurements?type=t_m&{query}").json()["measurements"]
        return [entry["my_M"]["T"]["value"] for entry in found]

    assert values("") == [1, 2.5]
    assert values("revert=true") == [1, 2.5]
    assert values("revert=true&dateFrom=2026-01-01&dateTo=2026-03-01") == [2.5, 1]
    assert (
        "my_M.T"
        in admin.get(f"/inventory/managedObjects/{agent}/supportedSeries").json()["c8y_SupportedSeries"]
    )


@pytest.mark.fact("series.span")
def test_series_stand_side_by_side_with_gaps(admin: Door, agent: str) -> None:
    for day, series in (("01", {"a": {"value": 1, "unit": "C"}}), ("02", {"b": {"value": 2}})):
        body = {"source": {"id": agent}, "type": "t_m", "time": f"2026-02-{day}", "my_M": series}
        admin.post("/measurement/measurements", "measurement", body)
    path = f"/measurement/measurements/series?source={agent}&series=my_M.a&series=my_M.b"
    assert admin.get(path).status_code == 422
    table = admin.get(f"{path}&dateFrom=2026-02-01&dateTo=2026-02-03").json()
    assert table["series"] == [{"type": "my_M", "name": "a", "unit": "C"}, {"type": "my_M", "name": "b"}]
    assert table["values"] == {
        "2026-02-01T00:00:00.000Z": [{"min": 1, "max": 1}, None],
        "2026-02-02T00:00:00.000Z": [None, {"min": 2, "max": 2}],
    }
    assert table["truncated"] is False
