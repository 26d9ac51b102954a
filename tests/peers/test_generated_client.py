"""A client that a generator writes from the vendor's own description, without any of our patches to it."""

from __future__ import annotations

import base64
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest

from tests.contract import description
from tests.peers.running import Running, missing

GENERATOR, PACKAGE = "openapi_python_client", "cumulocity_client"
UNREADABLE = {"tenant_api.get_tenants_api_resource"}
"""The generator writes a form for it that it then leaves out."""
_NOT_JSON = "it knows no bodies but JSON, forms and plain bytes"
_NO_BOOLEAN = "the default of the flag revert is told in words"
_NO_TENANT = "two of its forms of a tenant would bear the same name"
_CAPITALS = "it takes media types with capitals for none"
UNWRITTEN = {
    "get_measurement_collection_resource": _NO_BOOLEAN,
    "get_measurement_series_resource": _NO_BOOLEAN,
    "post_access_mapping_resource": _CAPITALS,
    "post_inventory_access_mapping_resource": _CAPITALS,
    "post_simple_re_enroll_device_resource": _NOT_JSON,  # two operations bear this name
    "post_tenant_collection_resource": _NO_TENANT,
    "put_access_mapping_resource": _CAPITALS,
    "put_binaries_resource": _NOT_JSON,
    "put_inventory_access_mapping_resource": _CAPITALS,
    "put_tenant_resource": _NO_TENANT,
}
"""What the generator does not write a function for, and why."""
REFUSED = {
    # For the users of applications, for people with a second factor, and for the management tenant.
    "current_application.get_application_user_collection_representation": 403,
    "current_application.get_current_application_resource": 403,
    "current_application.get_current_application_resource_settings": 403,
    "current_user.get_current_user_tfa_totp_resource_activity": 404,
    "usage_statistics.get_tenant_usage_statistics_file_collection_resource": 403,
}


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The written client."""
    if find_spec(GENERATOR) is None:
        missing("NO TESTS WITH A GENERATED CLIENT: run `make peers`.")
    description.require()
    folder = tmp_path_factory.mktemp("generated")
    options = [
        "--path",
        str(description.file().resolve()),
        "--meta",
        "none",
        "--output-path",
        str(folder / PACKAGE),
    ]
    subprocess.run([sys.executable, "-m", GENERATOR, "generate", *options], check=True, capture_output=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield importlib.import_module(PACKAGE)


@pytest.fixture
def client(package: ModuleType, server: Running) -> Iterator[Any]:
    """The client as `admin`."""
    with signed_in(package, server, "acme/admin", server.password("admin")) as client:
        yield client


def signed_in(package: ModuleType, server: Running, name: str, password: str) -> Any:
    token = base64.b64encode(f"{name}:{password}".encode()).decode()
    accept = {"Accept": "application/json"}
    return package.AuthenticatedClient(server.base_url, token=token, prefix="Basic", headers=accept)


def operation(name: str) -> Any:
    """The function of an operation, as `alarms.get_alarm_resource`; it gives the answer and what it means."""
    return importlib.import_module(f"{PACKAGE}.api.{name}").sync_detailed


def form(name: str, content: dict[str, Any]) -> Any:
    """A body of the client's own class."""
    return getattr(importlib.import_module(f"{PACKAGE}.models"), name).from_dict(content)


def written() -> Iterator[str]:
    """The names of all operations, and of their groups."""
    api = importlib.import_module(f"{PACKAGE}.api")
    for module in pkgutil.walk_packages(api.__path__, f"{PACKAGE}.api."):
        yield module.name.removeprefix(f"{PACKAGE}.api.")


def listing() -> Iterator[tuple[str, Any]]:
    """All operations that read something and need to be told nothing for it, by their names."""
    for name in written():
        if ".get_" in name and name not in UNREADABLE:
            parameters = inspect.signature(operation(name)).parameters.values()
            if [it.name for it in parameters if it.default is it.empty] == ["client"]:
                yield name, operation(name)


@pytest.mark.usefixtures("package")
def test_all_other_operations_are_written() -> None:
    named = {
        re.sub("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", known["operationId"]).lower()
        for operations in description.load()["paths"].values()
        for method, known in operations.items()
        if method in ("get", "post", "put", "delete")
    }
    assert named - {name.rpartition(".")[2] for name in written()} == set(UNWRITTEN)


def test_whatever_can_be_listed_is_read(client: Any) -> None:
    answers = {name: int(function(client=client).status_code) for name, function in listing()}
    assert len(answers) > 35
    assert {name: status for name, status in answers.items() if status != 200} == REFUSED


def test_a_device_is_registered_and_acts(
    client: Any, package: ModuleType, server: Running, label: str
) -> None:
    asked = form("PostNewDeviceRequestCollectionResourceBody", {"id": label})
    made = operation("new_device_requests.post_new_device_request_collection_resource")
    assert made(client=client, body=asked).parsed.status == "WAITING_FOR_CONNECTION"
    wants = form("PostDeviceCredentialsCollectionResourceBody", {"id": label})
    poll = operation("device_credentials.post_device_credentials_collection_resource")
    name, password = f"{server.bootstrap['tenant']}/{server.bootstrap['user']}", server.bootstrap["password"]
    with signed_in(package, server, name, password) as bootstrap:
        assert poll(client=bootstrap, body=wants).status_code == 404
        accept = operation("new_device_requests.put_new_device_request_resource")
        accepted = form("PutNewDeviceRequestResourceBody", {"status": "ACCEPTED"})
        assert accept(label, client=client, body=accepted).parsed.status == "ACCEPTED"
        given = json.loads(poll(client=bootstrap, body=wants).content)
    with signed_in(package, server, f"acme/{given['username']}", given["password"]) as device:
        assert new_object(device, name=label).owner == f"device_{label}"


def new_object(client: Any, **content: Any) -> Any:
    create = operation("managed_objects.post_managed_object_collection_resource")
    body = form("ManagedObjectCreate", {"c8y_IsDevice": {}, "com_cumulocity_model_Agent": {}, **content})
    answer = create(client=client, body=body)
    assert answer.status_code == 201, answer.content
    return answer.parsed


def test_objects_are_queried_changed_and_deleted(client: Any, label: str) -> None:
    made = new_object(client, name=label, my_Size={"value": 5})
    find = operation("managed_objects.get_managed_object_collection_resource")
    query = f"$filter=(name eq '{label}' and my_Size.value ge 5)"
    [found] = find(client=client, query=query).parsed.managed_objects
    assert (found.id, found.name) == (made.id, label)
    change = operation("managed_objects.put_managed_object_resource")
    changed = change(made.id, client=client, body=form("ManagedObject", {"name": "other"})).parsed
    assert (changed.name, changed["my_Size"]) == ("other", {"value": 5})
    delete = operation("managed_objects.delete_managed_object_resource")
    assert delete(made.id, client=client).status_code == 204
    gone = operation("managed_objects.get_managed_object_resource")(made.id, client=client)
    assert (gone.status_code, gone.parsed.error) == (404, "inventory/notFound")


def test_what_a_device_tells_is_kept_and_read(client: Any, label: str) -> None:
    source = {"id": new_object(client, name=label).id}
    about = {"source": source, "type": label, "text": "x", "time": "2026-03-01T12:00:00Z"}
    raised = operation("alarms.post_alarm_collection_resource")(
        client=client, body=form("PostAlarmCollectionResourceBody", {**about, "severity": "MAJOR"})
    ).parsed
    seen = form("PutAlarmResourceBody", {"status": "ACKNOWLEDGED"})
    assert operation("alarms.put_alarm_resource")(raised.id, client=client, body=seen).parsed.count == 1
    sent = form("PostEventCollectionResourceBody", about)
    assert operation("events.post_event_collection_resource")(client=client, body=sent).status_code == 201
    [event] = operation("events.get_event_collection_resource")(
        client=client, source=source["id"]
    ).parsed.events
    assert event.text == "x"
    value = {"source": source, "type": label, "time": about["time"], "my_Heat": {"T": {"value": 20.5}}}
    measured = operation("measurements.post_measurement_collection_resource")
    assert measured(client=client, body=form("Measurement", value)).status_code == 201
    order = form("PostOperationCollectionResourceBody", {"deviceId": source["id"], "c8y_Restart": {}})
    made = operation("operations.post_operation_collection_resource")(client=client, body=order).parsed
    assert made.status == "PENDING"
