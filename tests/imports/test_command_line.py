"""`manage.py job import`."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from c8yadmin.imports.models import Upload
from c8yadmin.jobs.models import Job
from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant

pytestmark = pytest.mark.django_db
Run = Callable[..., dict[str, Any]]
FILE = "serial,name,lat\nSN-1,Pump 1,51\nSN-2,Pump 2,52\n"
KEY = ("--key", "externalId:c8y_Serial=serial")
MAP = (
    "--map",
    "serial=c8y_Hardware.serialNumber",
    "--map",
    "name=name",
    "--map",
    "lat=c8y_Position.lat:number",
)


@pytest.fixture
def run(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """`run("--wait", file="…")` gives what the command prints, and its exit code as `code`."""
    admin = {"TENANT": "acme", "USER": "admin", "PASSWORD": sandbox.credentials["acme"]["admin"]["password"]}
    for name, value in {"BASEURL": "http://acme.sandbox", **admin}.items():
        monkeypatch.setenv(f"C8Y_{name}", value)

    def command(
        *options: str, file: str = FILE, kind: str = "inventory", written: str = "utf-8"
    ) -> dict[str, Any]:
        path = tmp_path / "devices.csv"
        path.write_text(file, written)
        said, code = StringIO(), 0
        try:
            call_command("job", "import", kind, str(path), *options, "--json", stdout=said)
        except SystemExit as end:
            code = int(str(end.code))
        found: dict[str, Any] = json.loads(said.getvalue())
        return found | {"code": code}

    return command


def counts(found: dict[str, Any]) -> dict[str, Any]:
    return {name: n for name, n in found.items() if n and name not in ("id", "action") and "_at" not in name}


@pytest.mark.parametrize(("choice", "lengths"), [("decimal", [51.234, 2]), ("thousands", [51234, 2])])
def test_what_commas_are_can_be_said(
    run: Run, by_serial: Callable[[str], Any], choice: str, lengths: list[float]
) -> None:
    file = "serial\tname\tc8y_Size.length\tcm\nSN-1\tP\t51,234\t51,234\nSN-2\tQ\t2\t2\n"
    assert run("--commas", choice, "--wait", file=file)["ok"] == 2
    assert [by_serial(f"SN-{n}")["c8y_Size"]["length"] for n in (1, 2)] == lengths
    more = ("--map", "cm=c8y_Size.cm", "--key", "externalId:c8y_Serial=serial")
    assert run("--commas", choice, *more, "--wait", file=file)["ok"] == 2
    assert [by_serial(f"SN-{n}")["c8y_Size"]["cm"] for n in (1, 2)] == lengths


@pytest.mark.parametrize(
    "file",
    [
        'serial,name,c8y_Size.length\nSN-1,P,"1,000"\nSN-2,Q,1000\n',
        "serial;name;c8y_Size.length\nSN-1;P;51,234\nSN-2;Q;2\n",  # written so because of the commas?
    ],
)
def test_where_commas_can_only_be_guessed_they_have_to_be_said(run: Run, acme: Tenant, file: str) -> None:
    before = dict(acme.inventory.objects)
    with pytest.raises(CommandError, match="Say --commas decimal, thousands or text"):
        run("--wait", file=file)
    assert acme.inventory.objects == before
    assert not Upload.objects.exists()
    assert run("--commas", "text", "--dry-run", file=file)["create"] == 2


def test_commas_of_columns_that_stay_out_need_not_be_said(run: Run, by_serial: Callable[[str], Any]) -> None:
    file = 'serial,name,cm,c8y_Size.length\nSN-1,P,"1,000","2,000"\nSN-2,Q,1000,3\n'
    length = ("--map", "c8y_Size.length=c8y_Size.length:thousands", "--key", "externalId:c8y_Serial=serial")
    assert run("--map", "name=name", *length, "--wait", file=file)["ok"] == 2
    assert by_serial("SN-1")["c8y_Size"] == {"length": 2000}


def test_another_column_tells_what_commas_are(run: Run, by_serial: Callable[[str], Any]) -> None:
    file = "serial;name;c8y_Size.length;c8y_Size.width\nSN-1;P;51,234;3,5\nSN-2;Q;2;1\n"
    assert run("--wait", file=file)["ok"] == 2
    assert by_serial("SN-1")["c8y_Size"] == {"length": 51.234, "width": 3.5}


def test_a_file_is_imported_as_told(run: Run, acme: Tenant, by_serial: Callable[[str], Any]) -> None:
    found = run(*MAP, *KEY, "--wait")
    assert counts(found) == {"state": "COMPLETED", "total": 2, "ok": 2, "rows": 2, "create": 2}
    assert by_serial("SN-2")["c8y_Hardware"] == {"serialNumber": "SN-2"}
    assert by_serial("SN-2")["c8y_Position"] == {"lat": 52}
    assert "c8y_IsDevice" in by_serial("SN-2")


def test_without_a_mapping_the_names_of_the_columns_say_it(run: Run, by_serial: Callable[[str], Any]) -> None:
    assert run("--wait", "--no-devices")["ok"] == 2
    assert by_serial("SN-1")["name"] == "Pump 1"
    assert "c8y_IsDevice" not in by_serial("SN-1")


def test_a_dry_run_counts_and_sends_nothing(run: Run, acme: Tenant) -> None:
    before = dict(acme.inventory.objects)
    found = run("--dry-run", file=FILE + "SN-3,,\n")
    assert counts(found) == {
        "state": "READY",
        "total": 2,
        "pending": 2,
        "rows": 3,
        "create": 2,
        "rejected": 1,
        "code": 1,
    }
    assert acme.inventory.objects == before
    assert Job.objects.get().state == "CANCELED"


def test_rejected_rows_make_the_end_no_good_one(run: Run) -> None:
    found = run("--wait", file=FILE + "SN-3,,\n")
    assert (found["state"], found["rejected"], found["code"]) == ("COMPLETED", 1, 1)


@pytest.mark.parametrize("option", ["--dry-run", "--wait"])
def test_a_file_without_a_good_row_says_that_all_were_rejected(
    run: Run, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert run(option, file="serial,name,lat\nSN-1,,\nSN-2,,\n")["code"] == 1
    assert capsys.readouterr().err == "All 2 rows were rejected. Row 2: A new object needs a name.\n"


def test_users_are_imported_too(run: Run, acme: Tenant) -> None:
    file = "login,mail\nada,ada@example.com\n"
    assert run("--key", "userName=login", "--map", "mail=email", "--wait", file=file, kind="users")["ok"] == 1
    assert acme.users["ada"]["email"] == "ada@example.com"


def test_the_same_key_imports_the_same_file_once(run: Run) -> None:
    first, second = (run("--wait", "--idem-key", "monday") for _ in range(2))
    assert first["id"] == second["id"]
    assert Upload.objects.count() == 1
    with pytest.raises(CommandError, match="This --idem-key was used before"):
        run("--wait", "--idem-key", "monday", file=FILE + "SN-3,Pump 3,1\n")


@pytest.mark.parametrize(
    ("options", "file", "why"),
    [
        (["--map", "colour=c8y_Colour"], FILE, "The file has no column “colour”; it has serial, name, lat."),
        (["--map", "name"], FILE, "“name” cannot be meant: write --map"),
        (["--map", "name=bad name"], FILE, "name: The name of a fragment holds no blank"),
        (["--key", "colour=name"], FILE, "“colour=name” is no --key of objects."),
        (["--key", "id=nr"], FILE, "The file has no column “nr”"),
        (["--key", "none", "--mode", "update"], FILE, "Say what tells the objects"),
        ([], "", "The file is empty."),
        ([], "a,b,a\n1,2,3", "2 columns are called “a”"),
        (["--parallel", "99"], FILE, "--parallel: This can be 32 at most."),
    ],
)
def test_what_cannot_be_meant_is_said_before_a_job_is_made(
    run: Run, options: list[str], file: str, why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        run(*options, file=file)
    assert not Job.objects.exists()
    assert not Upload.objects.exists()


def test_a_file_that_is_not_there_or_too_large_is_no_job(run: Run, settings: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("job", "import", "inventory", str(tmp_path / "none.csv"))
    settings.LARGEST_UPLOAD = 10
    with pytest.raises(CommandError, match="divide it"):
        run()


def test_an_import_is_not_submitted_without_its_file(run: Run) -> None:
    with pytest.raises(CommandError, match="has a command of its own"):
        call_command("job", "submit", "inventory.import", "--ids", "1")


def test_a_file_that_is_no_unicode_wants_its_encoding(
    run: Run, acme: Tenant, by_serial: Callable[[str], Any], tmp_path: Path
) -> None:
    file = "serial,name,lat\nSN-1,Kühlpumpe,51\n"
    with pytest.raises(CommandError, match="--encoding windows-1252; it would read “Kühlpumpe” then"):
        run(*MAP, *KEY, "--wait", file=file, written="windows-1252")
    with pytest.raises(CommandError, match="no characters in Windows-1253"):
        run(*MAP, *KEY, "--encoding", "windows-1253", file="serial,name,lat\nSN-1,½Ò,5\n", written="latin-1")
    assert not Upload.objects.exists()
    found = run(*MAP, *KEY, "--encoding", "windows-1252", "--wait", file=file, written="windows-1252")
    assert found["state"] == "COMPLETED"
    assert by_serial("SN-1")["name"] == "Kühlpumpe"
