"""Lists as files at once, in the pages and on the command line."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from c8yadmin.inventory.actions.export import SHEET
from c8yadmin.jobs.exports.exporting import encoded, write
from c8yadmin.jobs.models import ExportFile, Job
from sdk import ManagedObject
from sdk.sandbox import Sandbox
from sdk.sandbox.store.operations import open_operation
from tests.jobs.exported import EXPORT, Devices, at_once, body, table
from tests.web.words import words


def test_what_matches_a_filter_comes_with_the_columns_of_the_list(browser: Client, devices: Devices) -> None:
    kind = next(iter(devices.values()))["type"]
    answer = browser.get(EXPORT, {"target": "devices", "format": "csv", "filter": f"type={kind}"})
    told = table(body(answer))
    assert {row["id"] for row in told} == {id for id, found in devices.items() if found["type"] == kind}
    for row in told:
        counts = devices[row["id"]].get("c8y_ActiveAlarmsStatus", {})
        assert row["critical alarms"] == str(counts.get("critical", 0))
        assert row["name"] == devices[row["id"]]["name"].lstrip("'")
    assert answer["Content-Disposition"].startswith('attachment; filename="acme-devices-')
    assert answer["Content-Security-Policy"] == "sandbox"
    assert not Job.objects.exists()


def test_the_selected_rows_come_alone_and_in_their_order(browser: Client, devices: Devices) -> None:
    chosen = list(devices)[5:1:-1]
    told = table(at_once(browser, "devices", id=chosen, filter="type=none"))
    assert [row["id"] for row in told] == chosen


def test_json_lines_are_whole_objects(browser: Client, devices: Devices) -> None:
    id = next(iter(devices))
    devices[id]["c8y_Odd"] = {"text": "Übergabe\n\u2028'=1", "n": 2**60, "list": [1.5, None]}
    told = [json.loads(line) for line in at_once(browser, "devices", "jsonl", id=[id]).split(b"\n")[:-1]]
    assert [found["id"] for found in told] == [id]
    assert told[0]["c8y_Odd"] == devices[id]["c8y_Odd"]


def test_numbers_are_numbers_in_a_workbook_and_no_text_is_a_formula(
    browser: Client, devices: Devices
) -> None:
    id = next(iter(devices))
    devices[id]["name"] = '=HYPERLINK("http://evil","x")'
    devices[id]["c8y_ActiveAlarmsStatus"] = {"critical": 3}
    with zipfile.ZipFile(io.BytesIO(at_once(browser, "devices", "xlsx", id=[id]))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "=HYPERLINK" in sheet
    assert "<v>3</v>" in sheet


@pytest.mark.parametrize("odd", [7, 1.5, None, {"a": 1}, ["x"], True, "\ud800", "a\0b", "=1+1"])
@pytest.mark.parametrize("format", ["csv", "xlsx", "jsonl"])
def test_a_device_may_write_what_it_likes(format: str, odd: Any) -> None:
    names = ("name", "type", "owner", "c8y_ActiveAlarmsStatus", "c8y_Availability", "assetParents")
    answer = json.dumps({"id": "1"} | dict.fromkeys(names, odd)).encode()
    device = ManagedObject._from_raw(answer, None)  # as the tenant sends it: from_json takes no surrogate
    file = io.BytesIO()
    write(file, SHEET, format, [encoded(SHEET, format, device)])
    assert file.getvalue()
    if format == "csv":
        assert table(file.getvalue())[0]["id"] == "1"


def test_every_list_has_its_columns(browser: Client, sandbox: Sandbox, devices: Devices) -> None:
    acme = sandbox.tenant("acme")
    id = next(iter(devices))
    devices[id].update(c8y_SupportedOperations=["c8y_Restart"], com_cumulocity_model_Agent={})
    open_operation(acme, id, {"c8y_Restart": {}})
    alarm = acme.alarms.newest()[0]
    told = table(at_once(browser, "alarms", id=[alarm["id"]]))
    assert (told[0]["severity"], told[0]["device id"]) == (alarm["severity"], alarm["source"]["id"])
    pending = [found for found in acme.operations.values() if found["status"] == "PENDING"]
    assert len(table(at_once(browser, "operations", filter="status=PENDING"))) == len(pending)
    users = table(at_once(browser, "users", filter="state=enabled&text=operator"))
    assert [(row["user"], row["enabled"]) for row in users] == [("operator", "true")]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"target": "devices", "format": "exe"}, 400),
        ({"target": "planets", "format": "csv"}, 404),
        ({"target": "devices", "format": "csv", "filter": "colour=red"}, 422),
        ({"target": "devices", "format": "csv", "filter": "group=nowhere"}, 422),
        ({"target": "devices", "format": "csv", "id": "../1"}, 422),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(
    browser: Client, query: dict[str, str], status: int
) -> None:
    answer = browser.get(EXPORT, query)
    assert answer.status_code == status
    assert words(answer)


def test_what_the_tenant_refuses_is_no_file(sign_in: Callable[..., Client], sandbox: Sandbox) -> None:
    browser = sign_in("operator")
    sandbox.faults.add("/inventory/managedObjects*", status=403, message="Access is denied")
    assert browser.get(EXPORT, {"target": "devices", "format": "csv"}).status_code == 403


# On the command line


def told_by(*command: str) -> str:
    said = io.StringIO()
    call_command("job", *command, stdout=said)
    return said.getvalue()


def test_the_command_line_exports_and_downloads(
    sandbox: Sandbox,
    db: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    folder: Path,
    devices: Devices,
) -> None:
    for name, value in {"BASEURL": "http://acme.sandbox", "TENANT": "acme", "USER": "admin"}.items():
        monkeypatch.setenv(f"C8Y_{name}", value)
    monkeypatch.setenv("C8Y_PASSWORD", sandbox.credentials["acme"]["admin"]["password"])
    query = ["--query", "has(c8y_IsDevice)", "--param", "format=jsonl"]
    job = json.loads(told_by("submit", "inventory.export", *query, "--wait", "--json"))
    file = tmp_path / "devices.jsonl"
    assert f"{len(devices)} rows" in told_by("download", job["id"], "-o", str(file))
    assert {json.loads(line)["id"] for line in file.read_text().splitlines()} == set(devices)
    none = json.loads(told_by("submit", "inventory.export", "--query", "type eq 'x'", "--wait", "--json"))
    assert (none["state"], none["total"]) == ("COMPLETED", 0)
    told_by("download", none["id"], "-o", str(file))
    assert file.read_bytes().startswith(b'\xef\xbb\xbf"id","name","type"')
    with pytest.raises(CommandError, match="No such file or directory"):
        told_by("download", job["id"], "-o", str(tmp_path / "none" / "x"))
    with pytest.raises(CommandError, match="one of csv, xlsx, jsonl"):
        told_by("submit", "inventory.export", *query[:2], "--param", "format=pdf")
    ExportFile.objects.all().delete()
    with pytest.raises(CommandError, match="no file"):
        told_by("download", job["id"], "-o", str(file))
