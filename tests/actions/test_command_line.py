"""The actions from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from c8yadmin.jobs.models import Job
from sdk.sandbox import Sandbox
from sdk.sandbox.store.operations import open_operation
from sdk.sandbox.store.tenant import Tenant

pytestmark = pytest.mark.django_db
Submit = Callable[..., dict[str, Any]]
Devices = dict[str, dict[str, Any]]


@pytest.fixture
def submit(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Submit:
    """`submit("inventory.rename", ids=[…], pattern="{id}")` gives the job's end as JSON."""
    admin = {"TENANT": "acme", "USER": "admin", "PASSWORD": sandbox.credentials["acme"]["admin"]["password"]}
    for name, value in {"BASEURL": "http://acme.sandbox", **admin}.items():
        monkeypatch.setenv(f"C8Y_{name}", value)

    def run(action: str, ids: list[str] | None = None, query: str = "", **params: str) -> dict[str, Any]:
        said = StringIO()
        targets = ["--ids", ",".join(ids)] if ids else ["--query", query]
        given = [word for name, value in params.items() for word in ("--param", f"{name}={value}")]
        call_command("job", "submit", action, *targets, *given, "--wait", "--json", stdout=said)
        found: dict[str, Any] = json.loads(said.getvalue())
        return {name: found[name] for name in ("state", "total", "ok", "skipped")}

    return run


def done(n: int, skipped: int = 0) -> dict[str, Any]:
    return {"state": "COMPLETED", "total": n, "ok": n - skipped, "skipped": skipped}


def test_devices_are_merged_renamed_grouped_and_deleted(
    submit: Submit, acme: Tenant, devices: Devices
) -> None:
    parents = acme.inventory.children["childDevices"]
    ids = [id for id in devices if not parents.get(id)][:3]
    query = "type eq 'c8y_Pump'"
    pumps = [found for found in devices.values() if found["type"] == "c8y_Pump"]
    assert submit("inventory.merge", ids, fragment="c8y_Site", value='{"hall": 3}') == done(3)
    assert submit("inventory.rename", query=query, pattern="P {id}") == done(len(pumps))
    assert submit("inventory.group.add", ids, group="Empty <i>group</i> & 'spares'") == done(3)
    assert submit("inventory.group.remove", ids[:1], group="Empty <i>group</i> & 'spares'") == done(1)
    assert devices[ids[0]]["c8y_Site"] == {"hall": 3}
    assert all(pump["name"] == f"P {pump['id']}" for pump in pumps)
    assert submit("inventory.delete", ids, device_user="true") == done(3)
    assert not set(ids) & acme.inventory.objects.keys()
    assert not {devices[id]["owner"] for id in ids} & acme.users.keys()


def test_operations_are_sent_and_the_pending_ones_cancelled(
    submit: Submit, acme: Tenant, devices: Devices
) -> None:
    ids = list(devices)[:3]
    for id in ids:
        devices[id].update(c8y_SupportedOperations=["c8y_Restart"], com_cumulocity_model_Agent={})
    before = set(acme.operations)
    assert submit("operations.create", ids, body='{"c8y_Restart": {"of": "{{id}}"}}') == done(3)
    made = [found for id, found in acme.operations.items() if id not in before]
    assert sorted(found["c8y_Restart"]["of"] for found in made) == sorted(ids)
    open_operation(acme, ids[0], {"c8y_Restart": {}})
    waiting = [id for id, found in acme.operations.items() if found["status"] == "PENDING"]
    assert submit("operations.cancel", query="status=PENDING", reason="Not now") == done(len(waiting))
    assert {acme.operations[id]["failureReason"] for id in waiting} == {"Not now"}


def test_users_are_switched_and_given_global_roles(submit: Submit, acme: Tenant) -> None:
    readers = next(group["users"] for group in acme.groups.values() if group["name"] == "readers")
    assert submit("users.disable", ["operator", "admin"]) == done(2, skipped=1)
    assert not acme.users["operator"]["enabled"]
    assert submit("users.enable", query="state=disabled&text=operator") == done(1)
    assert acme.users["operator"]["enabled"]
    assert submit("users.role.add", ["operator"], role="readers") == done(1)
    assert "operator" in readers
    assert submit("users.role.remove", ["operator"], role="readers") == done(1)
    assert "operator" not in readers


@pytest.mark.parametrize(
    ("action", "params", "why"),
    [
        ("inventory.group.add", {"group": "nowhere"}, "No group is called “nowhere”."),
        ("inventory.group.add", {}, "group: Fill this in."),
        ("users.role.add", {"role": "kings"}, "There is no global role “kings”."),
        ("operations.create", {"body": "{}"}, "Name what the device shall do"),
        ("operations.create", {"boody": "{}"}, "has no parameter “boody”"),
        ("inventory.rename", {"pattern": "{nmae}"}, "There is no placeholder {nmae}"),
        ("users.lock", {}, "There is no action “users.lock”"),
    ],
)
def test_what_cannot_be_meant_is_said_before_a_job_is_made(
    submit: Submit, action: str, params: dict[str, str], why: str
) -> None:
    with pytest.raises(CommandError, match=why.replace("{", r"\{")):
        submit(action, ["1"], **params)
    assert not Job.objects.exists()


def test_a_dry_run_tells_what_matches_and_sends_nothing(
    submit: Submit, acme: Tenant, devices: Devices, capsys: pytest.CaptureFixture[str]
) -> None:
    submit("inventory.set", list(devices)[:1], c8y_Note="1")
    before = {id: dict(found) for id, found in devices.items()}
    query = ["--query", "type eq 'c8y_Pump'"]
    call_command("job", "submit", "inventory.set", *query, "--param", "c8y_Note=2", "--dry-run")
    pumps = sum(found["type"] == "c8y_Pump" for found in devices.values())
    assert f"READY  Set c8y_Note = 2\n{pumps} targets: {pumps} pending" in capsys.readouterr().out
    assert Job.objects.latest("created_at").state == "CANCELED"
    assert {id: dict(found) for id, found in devices.items()} == before


def test_a_job_is_reverted_once_and_says_why_not_twice(
    submit: Submit, devices: Devices, acme: Tenant
) -> None:
    ids = list(devices)[:3]
    before = [devices[id]["name"] for id in ids]
    submit("inventory.rename", ids, pattern="{id}")
    said = StringIO()
    call_command("job", "revert", str(Job.objects.get().pk), "--wait", "--json", stdout=said)
    back = json.loads(said.getvalue())
    assert (back["state"], back["ok"], back["action"]) == ("COMPLETED", 3, "inventory.rename.revert")
    assert [devices[id]["name"] for id in ids] == before
    again = StringIO()
    call_command("job", "revert", back["id"], "--wait", stdout=again)
    assert "COMPLETED  Redo: Rename to “{id}”" in again.getvalue()
    assert [devices[id]["name"] for id in ids] == ids


def test_what_cannot_be_reverted_says_so(submit: Submit, acme: Tenant, devices: Devices) -> None:
    devices[one := next(iter(devices))]["com_cumulocity_model_Agent"] = {}
    open_operation(acme, one, {"c8y_Restart": {}})
    submit("operations.cancel", query="status=PENDING", reason="Not now")
    with pytest.raises(CommandError, match="cannot become pending again"):
        call_command("job", "revert", str(Job.objects.get().pk))
    with pytest.raises(CommandError, match="There is no action “inventory"):
        submit("inventory.set.revert", [one])
