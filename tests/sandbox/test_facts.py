"""Every fact of the catalogue is proved by a test; here are those that no chapter of the API owns."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door, media
from tests.sandbox.facts import FACTS
from tests.sandbox.test_settings import SSO, sign_in

OBJECTS, EVENTS, ALARMS = "/inventory/managedObjects", "/event/events", "/alarm/alarms"
MEASUREMENTS = "/measurement/measurements"


def test_every_fact_is_proved_and_nothing_else() -> None:
    sources = [path.read_text() for path in Path("tests").rglob("test_*.py")]
    marks = [mark for text in sources for mark in re.findall(r"pytest\.mark\.fact\(([^)]*)\)", text)]
    assert {name for mark in marks for name in re.findall(r'"([^"]+)"', mark)} == set(FACTS)


def event(door: Door, device: str, time: str, **more: Any) -> dict[str, Any]:
    body = {"source": {"id": device}, "type": "t_fact", "text": time, "time": time} | more
    answer = door.post(EVENTS, "event", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def texts(door: Door, query: str) -> list[str]:
    return [found["text"] for found in door.get(f"{EVENTS}?type=t_fact&{query}").json()["events"]]


@pytest.mark.fact("address.plus")
def test_a_plus_that_is_meant_has_to_be_encoded(admin: Door, agent: str) -> None:
    event(admin, agent, "2026-02-01T12:00:00+02:00")
    assert texts(admin, "dateFrom=2026-02-01T11:00:00%2B01:00") == ["2026-02-01T12:00:00+02:00"]
    assert admin.get(f"{EVENTS}?dateFrom=2026-02-01T11:00:00+01:00").status_code == 422


@pytest.mark.fact("address.lists", "address.flags")
def test_lists_and_flags_have_one_form_each(admin: Door, agent: str) -> None:
    series = {"source": {"id": agent}, "type": "t", "time": "2026-02-01", "t_F": {}}
    series["t_F"] = {"a": {"value": 1}, "b": {"value": 2}, "c": {"value": 3}}
    admin.post(MEASUREMENTS, "measurement", series)
    path = f"{MEASUREMENTS}/series?source={agent}&dateFrom=2026-02-01&dateTo=2026-02-02"
    repeated = admin.get(f"{path}&series=t_F.a&series=t_F.b").json()["series"]
    assert [found["name"] for found in repeated] == ["a", "b"]
    assert admin.get(f"{path}&series=t_F.a,t_F.b").json()["series"] == []
    ids = [str(found["id"]) for found in admin.get(f"{OBJECTS}?pageSize=3").json()["managedObjects"]]
    listed = admin.get(f"{OBJECTS}?ids={','.join(ids)}").json()["managedObjects"]
    assert [found["id"] for found in listed] == ids
    for flag in ("True", "1", "yes"):
        assert admin.get(f"{OBJECTS}?withTotalPages={flag}").status_code == 422, flag


@pytest.mark.fact("header.type")
@pytest.mark.parametrize("parameters", ["", ";ver=0.9", "; charset=utf-8", ";charset=UTF-8;ver=0.9"])
def test_case_and_parameters_of_a_type_mean_nothing(admin: Door, parameters: str) -> None:
    for kind in (media("managedobject"), media("managedObject"), "Application/JSON"):
        headers = {"Content-Type": kind + parameters, "Accept": "application/json"}
        assert admin.call("POST", OBJECTS, data="{}", headers=headers).status_code == 201


@pytest.mark.fact("header.unconditional")
def test_no_change_depends_on_a_condition_and_no_post_is_known_again(admin: Door) -> None:
    key = {"Idempotency-Key": "one"}
    first, second = (admin.post(OBJECTS, "managedobject", {"name": "x"}, headers=key) for _ in range(2))
    assert first.json()["id"] != second.json()["id"]
    path = f"{OBJECTS}/{first.json()['id']}"
    assert "ETag" not in admin.get(path).headers
    stale = {"If-Match": '"old"', "If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}
    assert admin.put(path, "managedobject", {"name": "y"}, headers=stale).status_code == 200


@pytest.mark.fact("header.agent")
def test_a_session_may_be_bound_to_its_client(sandbox: Sandbox, acme: Tenant) -> None:
    acme.session_rules.same_agent = True
    session = sign_in(sandbox, "one")
    me = "http://acme.sandbox/user/currentUser"
    assert session.get(me).status_code == 200
    assert session.get(me, headers={"User-Agent": "another"}).status_code == 401


@pytest.mark.fact("answer.odd-success")
def test_some_successes_have_another_status_than_one_would_think(admin: Door, agent: str) -> None:
    option = {"category": "mine", "key": "k", "value": "v"}
    assert admin.post("/tenant/options", "option", option).status_code == 200
    assert admin.post("/tenant/loginOptions", "authconfig", SSO).status_code == 200
    assigned = {"managedObject": agent, "roles": [{"id": 1}]}
    path = "/user/acme/users/reader/roles/inventory"
    assert admin.post(path, "inventoryassignment", assigned).status_code == 200
    wish = {"subscriber": "me", "subscription": "mine"}
    assert admin.post("/notification2/token", "application/json", wish).status_code == 200
    made = event(admin, agent, "2026-02-01")["id"]
    raw = {"Content-Type": "application/octet-stream", "Accept": "application/json"}
    for method in ("POST", "PUT"):
        answer = admin.call(method, f"{EVENTS}/{made}/binaries", data=b"x", headers=raw)
        assert answer.status_code == 201
    assert admin.call("POST", "/user/logout").status_code == 200


KEPT = {
    "/devicecontrol/operations": (
        "id", "self", "creationTime", "deviceId", "deviceName", "deviceExternalIDs", "agentId", "status",
        "bulkOperationId",
    ),
    ALARMS: (
        "id", "self", "creationTime", "lastUpdated", "firstOccurrenceTime", "count", "source", "type", "time",
        "text", "severity", "status",
    ),
    EVENTS: (
        "id", "self", "creationTime", "lastUpdated", "source", "type", "time", "text", "c8y_IsBinary",
    ),
}  # fmt: skip


@pytest.mark.fact("document.null")
@pytest.mark.parametrize("collection", KEPT)
def test_null_takes_away_a_fragment_and_nothing_that_must_be_there(
    admin: Door, agent: str, collection: str
) -> None:
    common = {"source": {"id": agent}, "type": "t_null", "text": "x", "time": "2026-02-01"}
    kind, body = {
        "/devicecontrol/operations": ("operation", {"deviceId": agent}),
        ALARMS: ("alarm", common | {"severity": "MINOR"}),
        EVENTS: ("event", common),
    }[collection]
    path = f"{collection}/{admin.post(collection, kind, body | {'my_F': {}, 'my_G': {}}).json()['id']}"
    before = admin.get(path).json()
    for name in KEPT[collection]:
        for more in ({}, {"my_F": None}):
            assert admin.put(path, kind, more | {name: None}).status_code == 422, name
    assert admin.get(path).json() == before
    changed = admin.put(path, kind, {"my_F": None}).json()
    assert set(before) - set(changed) == {"my_F"}


@pytest.mark.fact("document.zone", "document.span")
def test_times_are_utc_and_spans_end_before_their_end(admin: Door, agent: str) -> None:
    made = [event(admin, agent, time) for time in ("2026-02-01T10:00:00", "2026-02-01T11:00:00.5+01:00")]
    assert [found["time"] for found in made] == ["2026-02-01T10:00:00.000Z", "2026-02-01T10:00:00.500Z"]
    assert re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{3}Z", made[0]["creationTime"])
    first, second = (found["text"] for found in made)
    assert texts(admin, "dateFrom=2026-02-01T10:00:00&dateTo=2026-02-01T10:00:00.500Z") == [first]
    assert texts(admin, "dateFrom=2026-02-01T10:00:00.001Z") == [second]
    assert texts(admin, "dateTo=2026-02-01T10:00:00.000Z") == []


@pytest.mark.fact("document.ids")
def test_ids_are_texts_and_some_are_numbers(admin: Door, agent: str) -> None:
    assert isinstance(admin.get(f"{OBJECTS}/{agent}").json()["id"], str)
    assert isinstance(event(admin, agent, "2026-02-01")["id"], str)
    assert isinstance(admin.get("/user/acme/groups").json()["groups"][0]["id"], int)
    assert isinstance(admin.get("/user/inventoryroles").json()["roles"][0]["id"], int)
    path = "/user/acme/users/restricted/roles/inventory"
    assert isinstance(admin.get(path).json()["inventoryAssignments"][0]["id"], int)
    operations = admin.get("/devicecontrol/operations?pageSize=2000").json()["operations"]
    numbers = {type(found["bulkOperationId"]) for found in operations if "bulkOperationId" in found}
    assert numbers == {int}


@pytest.mark.fact("paging.whole")
def test_some_lists_come_whole_and_others_do_not(admin: Door, agent: str) -> None:
    for number in range(6):
        body = {"type": f"t{number}", "externalId": "x"}
        admin.post(f"/identity/globalIds/{agent}/externalIds", "externalid", body)
        role = {"managedObject": str(1001 + number), "roles": [{"id": 1}]}
        admin.post("/user/acme/users/reader/roles/inventory", "inventoryassignment", role)
        group = admin.post("/user/acme/groups", "group", {"name": f"g{number}"}).json()
        member = {"user": {"self": "http://acme.sandbox/user/acme/users/reader"}}
        admin.post(f"/user/acme/groups/{group['id']}/users", "userreference", member)
    whole = {
        f"/identity/globalIds/{agent}/externalIds": "externalIds",
        "/user/acme/users/reader/roles/inventory": "inventoryAssignments",
        "/tenant/loginOptions": "loginOptions",
        "/tenant/system/options": "options",
    }
    for path, key in whole.items():
        answer = admin.get(f"{path}?pageSize=1").json()
        assert len(answer[key]) > 1, path
        assert not {"statistics", "next"} & set(answer), path
    groups = admin.get("/user/acme/users/reader/groups").json()
    assert (len(groups["references"]), "next" in groups) == (5, True)


@pytest.mark.fact("inventory.all-parents")
def test_parents_are_shown_whatever_the_inventory_roles_allow(
    admin: Door, sandbox: Sandbox, acme: Tenant
) -> None:
    restricted = Door(sandbox, "restricted")
    own = restricted.everything(f"{OBJECTS}?fragmentType=c8y_IsDevice&pageSize=100", "managedObjects")
    device = next(iter(own))["id"]
    above = admin.post(OBJECTS, "managedobject", {"name": "above"}).json()["id"]
    admin.post(f"{OBJECTS}/{above}/childAssets", "managedobjectreference", {"managedObject": {"id": device}})
    assert restricted.get(f"{OBJECTS}/{above}").status_code == 403
    shown = restricted.get(f"{OBJECTS}/{device}?withParents=true").json()["assetParents"]["references"]
    assert above in [found["managedObject"]["id"] for found in shown]


@pytest.mark.fact("alarm.order")
def test_alarms_never_turn_round_and_know_no_filter_by_fragment(admin: Door, agent: str) -> None:
    for day in (1, 2):
        body = {"source": {"id": agent}, "type": f"t_fact{day}", "text": "x", "severity": "MINOR"}
        admin.post(ALARMS, "alarm", body | {"time": f"2026-02-0{day}", f"my_F{day}": {}})
    path = f"{ALARMS}?source={agent}&type=t_fact1,t_fact2&dateFrom=2026-02-01&dateTo=2026-02-03"
    plain = admin.get(path).json()["alarms"]
    assert [found["type"] for found in plain] == ["t_fact2", "t_fact1"]
    for more in ("revert=true", "revert=false", "fragmentType=my_F1"):
        assert admin.get(f"{path}&{more}").json()["alarms"] == plain


@pytest.mark.fact("measurement.order")
def test_measurements_turn_round_the_other_way_than_events(admin: Door, agent: str) -> None:
    days = ["2026-02-01T00:00:00.000Z", "2026-02-02T00:00:00.000Z"]
    for day in days:
        event(admin, agent, day)
        body = {"source": {"id": agent}, "type": "t_fact", "time": day, "t_F": {"T": {"value": 1}}}
        admin.post(MEASUREMENTS, "measurement", body)
    asked = "type=t_fact&dateFrom=2026-02-01&dateTo=2026-02-03&revert="
    for revert, measured in (("true", days[::-1]), ("false", days)):
        found = admin.get(f"{MEASUREMENTS}?{asked}{revert}").json()["measurements"]
        assert [entry["time"] for entry in found] == measured
        told = admin.get(f"{EVENTS}?{asked}{revert}").json()["events"]
        assert [entry["time"] for entry in told] == measured[::-1]


@pytest.mark.fact("event.fixed")
def test_of_an_event_only_text_and_fragments_change(admin: Door, agent: str) -> None:
    path = f"{EVENTS}/{event(admin, agent, '2026-02-01')['id']}"
    for fixed in ({"time": "2026-02-02"}, {"type": "u"}, {"source": {"id": "1001"}}, {"creationTime": "x"}):
        assert admin.put(path, "event", fixed | {"text": "no"}).status_code == 422
    changed = admin.put(path, "event", {"text": "yes", "my_F": {"a": 1}}).json()
    assert (changed["text"], changed["my_F"], changed["type"]) == ("yes", {"a": 1}, "t_fact")


@pytest.mark.fact("series.truncated")
def test_five_thousand_values_come_at_most(admin: Door, acme: Tenant, agent: str) -> None:
    minutes = [f"2026-02-{1 + at // 1440:02}T{at // 60 % 24:02}:{at % 60:02}:00Z" for at in range(5001)]
    known = {"source": {"id": agent}, "type": "t", "t_F": {"T": {"value": 1}}}
    body = {"measurements": [known | {"time": minute} for minute in minutes]}
    assert admin.post(MEASUREMENTS, "measurementcollection", body).status_code == 201
    path = f"{MEASUREMENTS}/series?source={agent}&dateFrom=2026-02-01&dateTo=2026-03-01&series=t_F.T"
    cut = admin.get(path).json()
    assert (len(cut["values"]), cut["truncated"]) == (5000, True)
    whole = admin.get(f"{path}&aggregationInterval=1h").json()
    assert (len(whole["values"]), whole["truncated"]) == (84, False)


@pytest.mark.fact("alarm.count")
def test_who_is_restricted_counts_to_a_hundred(sandbox: Sandbox, admin: Door) -> None:
    restricted = Door(sandbox, "restricted")
    device = next(iter(restricted.everything(f"{OBJECTS}?fragmentType=c8y_IsDevice", "managedObjects")))["id"]
    body = {"source": {"id": device}, "text": "x", "severity": "MINOR", "time": "2026-02-01"}
    for number in range(101):
        admin.post(ALARMS, "alarm", body | {"type": f"t{number}"})
    counted = admin.get(f"{ALARMS}/count?source={device}&dateFrom=2026-02-01&dateTo=2026-02-02")
    assert (counted.text, counted.headers["Content-Type"]) == ("101", "text/plain")
    path = f"{ALARMS}/count?source={device}&dateFrom=2026-02-01&dateTo=2026-02-02"
    assert restricted.get(path).text == "100"


@pytest.mark.fact("audit.fixed")
def test_audit_records_are_never_changed_or_turned_round(admin: Door, agent: str) -> None:
    known = {"source": {"id": agent}, "type": "User", "text": "x", "activity": "a", "user": "mine"}
    made = [
        admin.post("/audit/auditRecords", "auditrecord", known | {"time": f"2026-02-0{day}"}).json()["id"]
        for day in (1, 2)
    ]
    for method in ("PUT", "DELETE"):
        assert admin.call(method, f"/audit/auditRecords/{made[0]}").status_code == 405
        assert admin.call(method, "/audit/auditRecords").status_code == 405
    for without in ("activity", "source", "text", "time", "type"):
        body = {key: value for key, value in (known | {"time": "2026-02-01"}).items() if key != without}
        assert admin.post("/audit/auditRecords", "auditrecord", body).status_code == 422
    path = "/audit/auditRecords?type=User&dateFrom=2026-02-01&dateTo=2026-02-03"
    for more in ("", "&revert=true"):
        found = [record["id"] for record in admin.get(path + more).json()["auditRecords"]]
        assert found == made[::-1]


@pytest.mark.fact("user.owner")
def test_users_have_an_owner_and_a_delegate(admin: Door) -> None:
    user = "/user/acme/users/reader"
    for what, key in (("owner", "owner"), ("delegatedby", "delegatedBy")):
        assert admin.put(f"{user}/{what}", "application/json", {"name": "operator"}).status_code == 200
        assert admin.get(user).json()[key] == "operator"
        assert admin.call("DELETE", f"{user}/{what}").status_code == 204
        assert key not in admin.get(user).json()


@pytest.mark.fact("own.totp")
def test_nobody_takes_his_own_second_factor_away(sandbox: Sandbox, admin: Door) -> None:
    reader, path = Door(sandbox, "reader"), "/user/currentUser/totpSecret"
    assert reader.post(path, "application/json", {}).status_code == 200
    revoke = "/user/acme/users/reader/totpSecret/revoke"
    assert reader.call("DELETE", revoke).status_code == 403
    assert admin.call("DELETE", revoke).status_code == 204


@pytest.mark.fact("login.code")
def test_a_code_by_another_name_is_none(sandbox: Sandbox) -> None:
    user = sandbox.credentials["acme"]["tfa"]
    form = {"grant_type": "PASSWORD", "username": "tfa", "password": user["password"], "tfa_token": "123456"}
    door = Door(sandbox, "admin")
    door.session.auth = None
    answer = door.call("POST", "/tenant/oauth?tenant_id=acme", data=form)
    assert (answer.status_code, "required" in answer.json()["message"]) == (401, True)


@pytest.mark.fact("tenant.name")
def test_the_own_tenant_tells_its_name_and_no_id(admin: Door) -> None:
    told = admin.get("/tenant/currentTenant").json()
    assert (told["name"], told["domainName"]) == ("acme", "acme.sandbox")
    assert not {"id", "domain"} & set(told)


@pytest.mark.fact("option.category")
@pytest.mark.parametrize("letter", ' $&+,/:;=?@"<>#%{}|\\^~[]`')
def test_categories_hold_no_odd_letters(admin: Door, acme: Tenant, letter: str) -> None:
    option = {"category": f"a{letter}b", "key": "k", "value": "v"}
    before = dict(acme.options)
    assert admin.post("/tenant/options", "option", option).status_code == 422
    assert acme.options == before


@pytest.mark.fact("statistics.dates")
def test_statistics_of_devices_are_asked_for_by_a_plain_date(admin: Door) -> None:
    path = "/tenant/statistics/device/acme/daily"
    assert admin.get(f"{path}/2026-02-01").status_code == 200
    assert admin.get(f"{path}/2026-02-01T00:00:00.000Z").status_code == 422


@pytest.mark.fact("certificate.revoked")
def test_five_thousand_revoked_certificates_come_at_once_at_most(admin: Door, acme: Tenant) -> None:
    path = "/tenant/trusted-certificates/settings/crl"
    many = [{"serialNumberInHex": f"{number:x}"} for number in range(1, 5002)]
    assert admin.put(path, "application/json", {"crls": many}).status_code in (400, 422)
    assert acme.revoked == {}
    assert admin.put(path, "application/json", {"crls": many[:5000]}).status_code == 204
    assert len(acme.revoked) == 5000


@pytest.mark.fact("tenant.management")
def test_tenants_are_deleted_in_the_management_tenant_only(admin: Door, sandbox: Sandbox) -> None:
    assert admin.call("DELETE", "/tenant/tenants/globex").status_code in (403, 404)
    assert "globex" in sandbox.tenants
    assert Door(sandbox, "admin", "management").call("DELETE", "/tenant/tenants/globex").status_code == 204
