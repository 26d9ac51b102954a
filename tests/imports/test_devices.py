"""Devices from a file: created, changed, left alone or rejected; each of them once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdk.sandbox.store.tenant import Tenant
from tests.imports.conftest import Importer

pytestmark = pytest.mark.django_db
Start = Callable[..., Importer]
Find = Callable[[str], dict[str, Any]]
FILE = "serial,name,c8y_Hardware.model,c8y_Position.lat\nSN-1,Pump 1,P-200,51.2\nSN-2,Pump 2,P-300,51.3\n"


def test_new_devices_get_their_external_id_and_all_values_of_their_row(
    importer: Start, acme: Tenant, by_serial: Find
) -> None:
    admin = importer()
    job = admin.check(FILE)
    assert admin.verdicts(job) == {"rows": 2, "create": 2}
    before = len(acme.inventory.objects)
    assert admin.confirm(job) == {"state": "COMPLETED", "total": 2, "ok": 2}
    assert len(acme.inventory.objects) == before + 2
    made = by_serial("SN-1")
    assert made["name"] == "Pump 1"
    assert made["c8y_IsDevice"] == {}
    assert made["c8y_Hardware"] == {"model": "P-200", "serialNumber": "SN-1"}
    assert made["c8y_Position"] == {"lat": 51.2}


def test_the_same_file_again_changes_nothing(importer: Start) -> None:
    admin = importer()
    admin.run(FILE)
    job = admin.check(FILE)
    assert admin.verdicts(job) == {"rows": 2, "unchanged": 2}
    page = admin.page(job)
    assert "Nothing to do" in page
    assert "Ready to confirm" not in page


def test_what_exists_is_changed_in_the_mapped_values_alone(importer: Start, by_serial: Find) -> None:
    admin = importer()
    admin.run(FILE)
    by_serial("SN-1")["c8y_Hardware"]["revision"] = "7"
    job = admin.check("serial,c8y_Hardware.model,name\nSN-1,P-900,\nSN-2,P-300,\n")
    assert admin.verdicts(job) == {"rows": 2, "change": 1, "unchanged": 1}
    page = admin.page(job)
    assert "P-200" in page
    assert "P-900" in page
    assert admin.confirm(job) == {"state": "COMPLETED", "total": 1, "ok": 1}
    found = by_serial("SN-1")
    assert found["c8y_Hardware"] == {"model": "P-900", "serialNumber": "SN-1", "revision": "7"}
    assert found["name"] == "Pump 1"


def test_an_object_is_told_by_its_id_or_by_its_name(importer: Start, acme: Tenant, by_serial: Find) -> None:
    admin = importer()
    admin.run(FILE)
    id = by_serial("SN-1")["id"]
    assert admin.run(f"id,c8y_Notes\n{id},hello\n")["ok"] == 1
    assert by_serial("SN-1")["c8y_Notes"] == "hello"
    renamed = {"key": "name", "key_column": 0, "path_0": ""}
    assert admin.run("name,c8y_Notes\nPump 2,bye\n", **renamed)["ok"] == 1
    assert by_serial("SN-2")["c8y_Notes"] == "bye"


def test_a_new_object_that_is_told_by_its_name_has_it(importer: Start, acme: Tenant) -> None:
    form = {"key": "name", "key_column": 0, "path_0": "", "switch": ""}
    assert importer().run("name,c8y_Notes\nNobody has it,x\n", **form)["ok"] == 1
    [made] = [found for found in acme.inventory.objects.values() if found.get("name") == "Nobody has it"]
    assert made["c8y_Notes"] == "x"


def test_without_a_key_every_row_is_a_new_object(importer: Start, acme: Tenant) -> None:
    admin = importer()
    file = "name,c8y_Notes\nTwin,x\nTwin,x\n"
    assert admin.run(file) == {"state": "COMPLETED", "total": 2, "ok": 2}
    twins = [found for found in acme.inventory.objects.values() if found.get("name") == "Twin"]
    assert len(twins) == 2
    assert all("c8y_IsDevice" in twin for twin in twins)


def test_the_text_of_a_cell_becomes_the_value_that_its_column_is_of(importer: Start, by_serial: Find) -> None:
    file = (
        "serial,name,c8y_A.number,c8y_A.flag,c8y_A.list,c8y_A.when,c8y_A.text,c8y_A.formula\n"
        'SN-9,"Two\nlines; and ""quotes""",-2.50,TRUE,"[1, {""a"": null}]",2026-05-01T12:00:00+02:00,007,'
        "=1+1\n"
    )
    admin = importer()
    assert admin.run(file)["ok"] == 1
    assert by_serial("SN-9")["name"] == 'Two\nlines; and "quotes"'
    assert by_serial("SN-9")["c8y_A"] == {
        "number": -2.5,
        "flag": True,
        "list": [1, {"a": None}],
        "when": "2026-05-01T12:00:00.000+02:00",
        "text": "007",
        "formula": "=1+1",
    }


@pytest.mark.parametrize(
    ("rows", "form", "why"),
    [
        ("SN-1,Pump 1,P,x", {}, "c8y_Position.lat: “x” is not a number such as 21.5"),
        ("SN-1,Pump 1,P", {}, "The row has 3 cells, the header has 4."),
        ("SN-1,Pump 1,P,1,2", {}, "The row has 5 cells, the header has 4."),
        ("SN-1,Pump\0 1,P,1", {}, "name: The cell holds a NUL character."),
        (" ,Pump 1,P,1", {}, "serial: The cell is empty, so nothing tells which one it is."),
        ("SN-1,,P,1", {}, "A new object needs a name."),
        ("SN-1,Pump 1,P,1\nSN-1,Pump 2,P,1", {}, "serial: “SN-1” stands in row 2 already."),
        ("SN-1,Pump 1,P,1", {"mode": "update"}, "serial: There is no object “SN-1”."),
        ("Pump*,Pump 1,P,1", {"key": "name", "path_1": ""}, "A name with an asterisk matches others, too"),
        ("99999,Pump 1,P,1", {"key": "id"}, "serial: There is no object “99999”."),
        ("x' or 1 eq 1,Pump 1,P,1", {"key": "id"}, "There is no object “x' or 1 eq 1”."),
        ("SN-1,Pump 1,P,1e400", {}, "The number 1e400 is too large."),
    ],
)
def test_a_row_that_cannot_be_imported_says_why_and_the_others_go_on(
    importer: Start, acme: Tenant, rows: str, form: dict[str, Any], why: str
) -> None:
    admin = importer()
    header = FILE.split("\n", maxsplit=1)[0]
    before = dict(acme.inventory.objects)
    job = admin.check(f"{header}\n{rows}\n", **form)
    assert why in admin.rejections(job)[-1]
    assert admin.verdicts(job)["rejected"] == 1
    assert acme.inventory.objects == before


def test_what_exists_is_rejected_where_only_new_ones_shall_be_created(
    importer: Start, by_serial: Find
) -> None:
    admin = importer()
    admin.run(FILE)
    job = admin.check(FILE + "SN-3,Pump 3,P,1\n", mode="create")
    assert admin.verdicts(job) == {"rows": 3, "create": 1, "rejected": 2}
    assert f"It exists already, with the id {by_serial('SN-1')['id']}." in admin.rejections(job)[0]


def test_several_objects_of_one_name_are_not_guessed_between(importer: Start, acme: Tenant) -> None:
    admin = importer()
    admin.run("name\nTwin\nTwin\n")
    job = admin.check("name,c8y_Notes\nTwin,x\n", key="name", key_column=0, path_0="")
    assert "2 objects are called “Twin”: tell them by another key." in admin.rejections(job)[0]


def test_a_value_is_not_written_into_what_is_no_object(importer: Start, by_serial: Find) -> None:
    admin = importer()
    admin.run(FILE)
    by_serial("SN-1")["c8y_Hardware"] = "a text"
    job = admin.check("serial,c8y_Hardware.model\nSN-1,P-1\n", path_0="")
    assert (
        "Its c8y_Hardware is no JSON object, so nothing can be written into it." in admin.rejections(job)[0]
    )


def test_a_device_that_vanishes_before_its_turn_is_listed_as_failed(
    importer: Start, acme: Tenant, by_serial: Find
) -> None:
    admin = importer()
    admin.run(FILE)
    job = admin.check("serial,name\nSN-1,A\nSN-2,B\n")
    del acme.inventory.objects[by_serial("SN-1")["id"]]
    assert admin.confirm(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 2, "ok": 1, "failed": 1}
