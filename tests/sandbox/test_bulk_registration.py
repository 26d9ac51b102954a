"""Registration of many devices by a CSV file."""

from __future__ import annotations

from typing import Any

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

PATH = "/devicecontrol/bulkNewDeviceRequests"


def upload(admin: Door, content: str | bytes) -> dict[str, Any]:
    data = content if isinstance(content, bytes) else content.encode()
    answer = admin.call("POST", PATH, files={"file": ("devices.csv", data, "text/csv")})
    assert answer.status_code == 201, answer.text
    result: dict[str, Any] = answer.json()
    return result


@pytest.mark.fact("registration.file")
def test_ids_alone_make_requests_that_wait(admin: Door, acme: Tenant) -> None:
    result = upload(admin, "ID;PATH\nimei-1;Site Aarhus/New hall\nimei-2;\n\nbad id;\nimei-1;\n")
    assert (result["numberOfAll"], result["numberOfCreated"], result["numberOfFailed"]) == (4, 2, 2)
    assert [entry["deviceId"] for entry in result["failedCreationList"]] == ["bad id", "imei-1"]
    request = acme.requests["imei-1"]
    assert request["status"] == "WAITING_FOR_CONNECTION"
    group = acme.inventory.objects[request["groupId"]]
    assert group["name"] == "New hall"
    assert "Site Aarhus" in {
        acme.inventory.objects[key].get("name") for key in acme.inventory.ancestors(group["id"])
    }


@pytest.mark.fact("registration.file")
def test_with_credentials_the_device_is_there_at_once(admin: Door, sandbox: Sandbox, acme: Tenant) -> None:
    columns = (
        "ID CREDENTIALS TYPE NAME ICCID SHELL PATH com_cumulocity_model_Agent.active my_Note external-imei"
    )
    header = columns.replace(" ", "\t")
    upload(admin, f"{header}\nsn-1\tsecret-123\tt_x\tMüller\t8949\t1\tA/B\ttrue\thello\t77\n")
    device = acme.device("sn-1")
    assert acme.device("77", "imei") is device
    assert (device["name"], device["owner"], device["my_Note"]) == ("Müller", "device_sn-1", "hello")
    assert device["com_cumulocity_model_Agent"] == {"active": "true"}
    assert device["c8y_Mobile"] == {"iccid": "8949"}
    own = Door(sandbox, "device_sn-1", password="secret-123")
    assert own.get(f"/inventory/managedObjects/{device['id']}").status_code == 200


@pytest.mark.fact("registration.file")
def test_of_a_known_device_only_the_password_changes(admin: Door, acme: Tenant) -> None:
    upload(admin, "ID,CREDENTIALS\nsn-1,secret-123\n")
    result = upload(admin, "ID,CREDENTIALS\nsn-1,secret-456\nsn-2,short\n")
    assert (result["numberOfCreated"], result["numberOfSuccessful"], result["numberOfFailed"]) == (0, 1, 1)
    assert result["credentialUpdatedList"] == [
        {"bulkNewDeviceStatus": "CREDENTIAL_UPDATED", "deviceId": "sn-1"}
    ]
    assert result["failedCreationList"][0]["line"] == "sn-2,short"
    assert acme.passwords["device_sn-1"] == "secret-456"


def test_ansi_and_marks_are_read(admin: Door, acme: Tenant) -> None:
    upload(admin, "ID;CREDENTIALS;TYPE;NAME\nsn-1;secret-123;t;Größe\n".encode("cp1252"))
    upload(admin, "ID;CREDENTIALS;TYPE;NAME\nsn-2;secret-123;t;Größe\n".encode("utf-8-sig"))
    assert {acme.device("sn-1")["name"], acme.device("sn-2")["name"]} == {"Größe"}


def test_a_place_without_name_and_type_fails(admin: Door) -> None:
    result = upload(admin, "ID;CREDENTIALS;PATH\nsn-1;secret-123;A\n")
    assert "TYPE and NAME" in result["failedCreationList"][0]["failureReason"]


@pytest.mark.fact("registration.file")
@pytest.mark.parametrize("content", [
    "ID;CREDENTIALS;TYPE\nsn-1;secret-123;t\nsn-2;secret-123;\n",
    "ID;CREDENTIALS;NAME\nsn-1;secret-123;Pump\nsn-2;secret-123;\n",
    "ID;CREDENTIALS;TYPE;NAME\nsn-1;secret-123;t\nsn-2;secret-123;;\n",
])  # fmt: skip
def test_a_device_with_half_a_description_fails_alone(admin: Door, acme: Tenant, content: str) -> None:
    result = upload(admin, content)
    assert (result["numberOfSuccessful"], result["numberOfFailed"]) == (1, 1)
    assert result["failedCreationList"][0]["deviceId"] == "sn-1"
    assert "TYPE and NAME" in result["failedCreationList"][0]["failureReason"]
    assert ("device_sn-1" in acme.users, "device_sn-2" in acme.users) == (False, True)


@pytest.mark.parametrize(("content", "status"), [("", 422), ("NAME;TYPE\na;b\n", 422)])
def test_a_file_that_is_none_is_refused(admin: Door, content: str, status: int) -> None:
    assert admin.call("POST", PATH, files={"file": ("x.csv", content)}).status_code == status
    assert admin.call("POST", PATH, files={"other": ("x.csv", "ID\n1\n")}).status_code == 400
