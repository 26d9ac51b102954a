"""Operations and bulk operations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sdk.sandbox import times
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

OPERATIONS, BULK = "/devicecontrol/operations", "/devicecontrol/bulkoperations"


@pytest.mark.fact("operation.target")
def test_an_operation_needs_a_device_with_an_agent_and_something_to_do(
    admin: Door, acme: Tenant, agent: str
) -> None:
    plain = admin.post("/inventory/managedObjects", "managedobject", {"c8y_IsDevice": {}}).json()["id"]
    for body in (
        {"c8y_Restart": {}},
        {"deviceId": "0", "c8y_Restart": {}},
        {"deviceId": plain, "c8y_Restart": {}},
        {"deviceId": agent},
        {"deviceId": agent, "description": "x"},
        {"deviceId": agent, "c8y_Restart": {}, "status": "PENDING"},
        {"deviceId": agent, "c8y_Restart": {}, "status": None},
        {"deviceId": agent, "c8y_Restart": {}, "agentId": plain},
        {"deviceId": agent, "c8y_Restart": {}, "id": None},
    ):
        assert admin.post(OPERATIONS, "operation", body).status_code == 422
    acme.inventory.link("childDevices", agent, plain)
    made = admin.post(OPERATIONS, "operation", {"deviceId": plain, "c8y_Restart": {}}).json()
    assert made["status"] == "PENDING"
    found = admin.get(f"{OPERATIONS}?agentId={agent}&status=PENDING&pageSize=100").json()["operations"]
    assert made["id"] in [operation["id"] for operation in found]


@pytest.mark.parametrize("source", [5, {"id": "1001"}])
def test_an_operation_belongs_to_its_device_whatever_it_holds(
    admin: Door, agent: str, source: object
) -> None:
    body = {"deviceId": agent, "my_Op": {}, "source": source}
    made = admin.post(OPERATIONS, "operation", body).json()
    assert made["source"] == source
    found = admin.get(f"{OPERATIONS}?deviceId={agent}&fragmentType=my_Op").json()["operations"]
    assert [operation["id"] for operation in found] == [made["id"]]


@pytest.mark.fact("operation.states")
def test_an_operation_goes_one_way(admin: Door, agent: str) -> None:
    made = admin.post(OPERATIONS, "operation", {"deviceId": agent, "c8y_Restart": {}}).json()["id"]
    path = f"{OPERATIONS}/{made}"
    assert admin.put(path, "operation", {"status": "EXECUTING"}).json()["status"] == "EXECUTING"
    assert admin.put(path, "operation", {"status": "PENDING"}).status_code == 422
    assert admin.put(path, "operation", {"status": "FAILED", "failureReason": 5}).status_code == 422
    failed = admin.put(path, "operation", {"status": "FAILED", "failureReason": "No way"}).json()
    assert failed["failureReason"] == "No way"
    assert "failureReason" not in admin.put(path, "operation", {"failureReason": None}).json()
    assert admin.put(path, "operation", {"status": "EXECUTING"}).status_code == 422
    assert admin.put(path, "operation", {"deviceId": "1"}).status_code == 422
    assert admin.delete(path).status_code == 405


@pytest.mark.fact("operation.order")
def test_lists_ascend_and_turn_round_with_dates_only(admin: Door, agent: str) -> None:
    made = [
        admin.post(OPERATIONS, "operation", {"deviceId": agent, "my_Op": {}}).json()["id"] for _ in range(3)
    ]

    def ids(query: str) -> list[str]:
        return [
            found["id"]
            for found in admin.get(f"{OPERATIONS}?fragmentType=my_Op&{query}").json()["operations"]
        ]

    assert ids("") == made
    assert ids("revert=true") == made
    assert ids("revert=true&dateFrom=2020-01-01") == made[::-1]
    assert ids("dateTo=2020-01-01") == []
    assert admin.get(f"{OPERATIONS}?status=DONE").status_code == 422


@pytest.mark.fact("delete.operations")
def test_deleting_operations_knows_no_fragment_filter(admin: Door, acme: Tenant, agent: str) -> None:
    admin.post(OPERATIONS, "operation", {"deviceId": agent, "my_Op": {}})
    assert admin.delete(f"{OPERATIONS}?deviceId={agent}&status=PENDING").status_code == 204
    assert not [found for found in acme.operations.of(agent) if found["status"] == "PENDING"]


def plan(**changes: object) -> dict[str, object]:
    start = times.stamp(datetime.now(UTC) + timedelta(seconds=1))
    prototype = {"description": "Restart", "c8y_Restart": {}}
    return {
        "groupId": "1001",
        "startDate": start,
        "creationRamp": 0.5,
        "operationPrototype": prototype,
    } | changes


@pytest.mark.fact("bulk.plan")
@pytest.mark.parametrize(
    "changes",
    [{"groupId": "0"}, {"failedParentId": "1"}, {"startDate": "2020-01-01"}, {"startDate": "soon"},
     {"creationRamp": -1}, {"creationRamp": "fast"},
     {"operationPrototype": {"description": "x"}}, {"status": "ACTIVE"}, {"note": None},
     {"operationPrototype": {"c8y_Restart": {}, "id": "1"}},
     {"operationPrototype": {"c8y_Restart": {}, "status": "1"}},
     {"operationPrototype": {"c8y_Restart": {}, "deviceId": "1"}},
     {"operationPrototype": {"c8y_Restart": {}, "agentId": "1"}}],
)  # fmt: skip
def test_a_wrong_bulk_operation_is_refused(admin: Door, changes: dict[str, object]) -> None:
    assert admin.post(BULK, "bulkoperation", plan(**changes)).status_code == 422


@pytest.mark.fact("bulk.ramp")
def test_a_bulk_operation_creates_operations_along_its_ramp(admin: Door, acme: Tenant) -> None:
    made = admin.post(BULK, "bulkoperation", plan()).json()
    assert (made["status"], made["generalStatus"]) == ("ACTIVE", "SCHEDULED")
    bulk = acme.bulk_operations[made["id"]]
    bulk["startDate"] = times.ago(seconds=0.1)
    started = admin.get(f"{BULK}/{made['id']}").json()
    assert (started["status"], started["generalStatus"]) == ("IN_PROGRESS", "EXECUTING")
    assert started["progress"]["pending"] == 1
    assert started["progress"]["all"] > 1
    bulk["startDate"] = times.ago(hours=1)
    done = admin.get(f"{BULK}/{made['id']}").json()
    assert (done["status"], done["progress"]["pending"]) == ("COMPLETED", done["progress"]["all"])
    mine = admin.get(f"{OPERATIONS}?bulkOperationId={made['id']}&pageSize=100").json()["operations"]
    assert len(mine) == done["progress"]["all"]
    for number, operation in enumerate(mine):
        admin.put(
            f"{OPERATIONS}/{operation['id']}",
            "operation",
            {"status": "FAILED" if number == 0 else "SUCCESSFUL"},
        )
    assert admin.get(f"{BULK}/{made['id']}").json()["generalStatus"] == "FAILED"
    again = admin.post(BULK, "bulkoperation", {**plan(failedParentId=made["id"]), "groupId": None})
    assert again.status_code == 422


def test_bulk_operations_are_found_by_the_general_status_as_it_is_spelled(admin: Door) -> None:
    made = admin.post(BULK, "bulkoperation", plan()).json()["id"]
    found = admin.get(f"{BULK}?generalStatus=SCHEDULED&generalStatus=CANCELED").json()["bulkOperations"]
    assert made in [bulk["id"] for bulk in found]
    assert {bulk["generalStatus"] for bulk in found} == {"SCHEDULED"}
    assert admin.get(f"{BULK}?generalStatus=CANCELED").json()["bulkOperations"] == []
    for unknown in ("scheduled", "PENDING"):
        assert admin.get(f"{BULK}?generalStatus={unknown}").status_code == 422


@pytest.mark.fact("bulk.plan")
def test_what_failed_is_tried_again_by_a_new_bulk_operation(admin: Door, acme: Tenant) -> None:
    body = plan(failedParentId="1")
    del body["groupId"]
    made = admin.post(BULK, "bulkoperation", body).json()["id"]
    acme.bulk_operations[made]["startDate"] = times.ago(hours=1)
    failed = [
        found
        for found in acme.operations.values()
        if found.get("bulkOperationId") == 1 and found["status"] == "FAILED"
    ]
    assert admin.get(f"{BULK}/{made}").json()["progress"]["all"] == len(failed) > 0


@pytest.mark.fact("bulk.cancel")
def test_a_canceled_bulk_operation_is_hidden_and_stands_still(admin: Door, acme: Tenant) -> None:
    made = admin.post(BULK, "bulkoperation", plan()).json()["id"]
    assert admin.put(f"{BULK}/{made}", "bulkoperation", {"creationRamp": 3}).json()["creationRamp"] == 3
    assert admin.delete(f"{BULK}/{made}").status_code == 204
    acme.bulk_operations[made]["startDate"] = times.ago(hours=1)
    canceled = admin.get(f"{BULK}/{made}").json()
    assert (canceled["status"], canceled["generalStatus"], canceled["progress"]["all"]) == (
        "DELETED",
        "CANCELED",
        0,
    )
    assert made not in [found["id"] for found in admin.get(f"{BULK}?pageSize=100").json()["bulkOperations"]]
    assert made in [
        found["id"] for found in admin.get(f"{BULK}?pageSize=100&withDeleted=true").json()["bulkOperations"]
    ]
    assert admin.put(f"{BULK}/{made}", "bulkoperation", {"creationRamp": 3}).status_code == 422
