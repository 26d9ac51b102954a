"""What the columns mean: guessed, corrected, remembered."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from c8yadmin.imports.models import Upload
from c8yadmin.jobs.models import Job
from tests.imports.conftest import Importer, inputs

pytestmark = pytest.mark.django_db
Start = Callable[..., Importer]


def test_known_names_and_paths_are_recognised_and_the_rest_is_left_out(importer: Start) -> None:
    admin = importer()
    upload = admin.upload(
        "Serial Number,Name,Latitude,c8y_Site.hall,c8y_On,c8y_Made,mood,$id\n"
        "1,P,51.2,3,true,2026-01-01T00:00:00Z,good,1\n"
    )
    form = inputs(admin.columns(upload))
    assert [(form[f"path_{n}"], form[f"type_{n}"]) for n in range(8)] == [
        ("c8y_Hardware.serialNumber", "text"),
        ("name", "text"),
        ("c8y_Position.lat", "number"),
        ("c8y_Site.hall", "number"),
        ("c8y_On", "boolean"),
        ("c8y_Made", "date"),
        ("", "text"),
        ("", "text"),
    ]
    assert (form["key"], form["key_column"], form["key_type"]) == ("external", "0", "c8y_Serial")
    assert admin.columns(upload).content.decode().count("not imported</span>") == 2


@pytest.mark.parametrize("name", ["c8y_Position.lat", "Latitude", "c8y_Site.area"])
@pytest.mark.parametrize(
    ("values", "type"),
    [
        (("48,15", "50,08"), "comma"),
        (("48,137", "", "50"), "comma"),
        (("48,137", "50,08", "51"), "comma"),
        (("48,15", "50.08"), "other"),
    ],
)
def test_decimal_commas_are_recognised_in_known_and_unknown_columns(
    importer: Start, name: str, values: tuple[str, ...], type: str
) -> None:
    admin = importer()
    upload = admin.upload(f"serial;name;{name}\n" + "".join(f"S-{v};P;{v}\n" for v in values))
    other = "text" if name == "c8y_Site.area" else "number"
    assert inputs(admin.columns(upload))["type_2"] == {"comma": "comma", "other": other}[type]


def test_a_file_with_decimal_commas_is_imported_as_it_is_guessed(
    importer: Start, by_serial: Callable[[str], Any]
) -> None:
    ended = importer().run("serial;name;c8y_Position.lat\nSN-1;A;48,15\nSN-2;B;50,08\n")
    assert ended == {"state": "COMPLETED", "total": 2, "ok": 2}
    assert by_serial("SN-2")["c8y_Position"] == {"lat": 50.08}


@pytest.mark.parametrize(("kind", "section"), [("inventory", "Devices"), ("users", "Users")])
def test_the_menu_marks_the_list_that_is_imported_into(importer: Start, kind: str, section: str) -> None:
    admin = importer(kind)
    upload = admin.upload("name\nx\n")
    for page in ("", f"{upload.pk}/", f"{upload.pk}/rows/"):
        text = admin.browser.get(f"{admin.address}{page}").content.decode()
        marked = re.search(r'<a href="[^"]*" data-key="\w" aria-current="page"><svg.*?</svg>(\w+)', text)
        assert marked, page
        assert marked[1] == section


def test_the_answers_are_remembered_for_the_next_file_with_the_same_columns(importer: Start) -> None:
    admin = importer()
    admin.check("serial,name,mood\n1,P,good\n", path_2="c8y_Mood.text", mode="create", key_type="c8y_Other")
    again = admin.columns(admin.upload("serial,name,mood\n2,Q,bad\n"))
    form = inputs(again)
    assert (form["path_2"], form["mode"], form["key_type"]) == ("c8y_Mood.text", "create", "c8y_Other")
    assert "your answers from the last file with the same columns" in again.content.decode()
    other = inputs(admin.columns(admin.upload("serial,name,humour\n2,Q,bad\n")))
    assert (other["path_2"], other["mode"]) == ("", "both")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"path_2": "bad name"}, "The name of a fragment holds no blank"),
        ({"path_2": "c8y_A..b"}, "is no path such as c8y_Hardware.model"),
        ({"path_2": "owner"}, "The owner decides who may use a device"),
        ({"path_2": "id"}, "is kept by the tenant itself"),
        ({"path_2": "lastUpdated"}, "is kept by the tenant itself"),
        ({"path_2": "name.first"}, "The name of an object is a text."),
        ({"path_1": "type", "type_1": "number"}, "The type of an object is a text."),
        ({"path_2": "name"}, "“name” would be written twice"),
        ({"path_1": "c8y_A", "path_2": "c8y_A.b"}, "would be written into “c8y_A” and again as “c8y_A.b”"),
        ({"path_2": "x" * 300}, "At most 200 characters fit in here"),
        ({"key_column": ""}, "Say in which column it stands."),
        ({"key_column": "17"}, "is not one of the choices."),
        ({"key_type": ""}, "An external id has a type, such as c8y_Serial."),
        ({"key": "", "mode": "update"}, "Say what tells the objects"),
        ({"key": "", "path_0": "", "path_1": ""}, "Say of at least one column where it goes."),
        ({"type_1": "colour"}, "is not one of the choices."),
        ({"mode": "destroy"}, "is not one of the choices."),
        ({"idem_key": "forged"}, "Which object is a row about?"),
    ],
)
def test_what_cannot_be_meant_is_said_and_no_answer_is_lost(
    importer: Start, changes: dict[str, Any], why: str
) -> None:
    admin = importer()
    upload = admin.upload("serial,name,mood\n1,P,good\n")
    kept = {"type_0": "number"} if "type_0" not in changes else {}
    answer = admin.map(upload, **kept, **changes)
    assert answer.status_code == 422
    assert why in answer.content.decode()
    form = inputs(answer)
    shown = {name: value for name, value in {**kept, **changes}.items() if name != "idem_key"}
    unchosen = {"17", "colour", "destroy"}  # which no list of choices shows
    assert {name: form[name] for name in shown if shown[name] not in unchosen} == {
        name: value for name, value in shown.items() if value not in unchosen
    }
    assert not Job.objects.exists()


def test_columns_can_be_changed_until_the_job_is_confirmed(importer: Start) -> None:
    admin = importer()
    first = admin.check("serial,name,mood\n1,P,good\n")
    upload = Upload.objects.get()
    answer = admin.map(upload, path_2="c8y_Mood")
    second = Job.objects.get(pk=answer["Location"].split("/")[-2])
    first.refresh_from_db()
    assert (first.state, second.state) == ("CANCELED", "READY")
    assert "c8y_Mood" in admin.page(second)
    admin.confirm(second)
    assert "This file has been imported" in admin.columns(upload).content.decode()
    late = admin.browser.post(f"{admin.address}{upload.pk}/", {"mode": "both"})
    assert late.status_code == 409


def test_the_same_form_sent_twice_makes_one_job(importer: Start) -> None:
    admin = importer()
    upload = admin.upload("serial,name\n1,P\n")
    form = inputs(admin.columns(upload))
    answers = [admin.browser.post(f"{admin.address}{upload.pk}/", form) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Job.objects.get().state == "READY"


def test_hostile_headers_and_values_are_shown_as_text(importer: Start) -> None:
    admin = importer()
    hostile = '<img src=x onerror=alert(1)>"'
    upload = admin.upload(f'serial,"{hostile.replace(chr(34), chr(34) * 2)}"\n1,<script>alert(1)</script>\n')
    page = admin.columns(upload).content.decode()
    assert "<img src=x" not in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_nobody_else_sees_the_file_but_an_administrator(
    importer: Start, sign_in: Callable[..., Client]
) -> None:
    upload = importer(user="operator").upload("serial,name\n1,P\n")
    address = f"/t/acme/import/inventory/{upload.pk}/"
    assert sign_in("admin").get(address).status_code == 200
    assert sign_in("reader").get(address).status_code == 404
    assert sign_in("admin").get(address.replace("inventory", "users")).status_code == 404
    assert sign_in("admin", "globex").get(address.replace("acme", "globex")).status_code == 404


def test_who_may_not_create_is_told_why_and_nothing_is_stored(importer: Start) -> None:
    reader = importer(user="reader")
    page = reader.browser.get(reader.address).content.decode()
    assert "Needs ROLE_INVENTORY_ADMIN or ROLE_MANAGED_OBJECT_ADMIN" in page
    assert reader.send("serial,name\n1,P\n").status_code == 403
    assert not Upload.objects.exists()


@pytest.mark.parametrize(("kind", "list"), [("inventory", "devices"), ("users", "users")])
def test_the_list_leads_to_the_import_and_to_an_example_that_can_be_imported(
    importer: Start, kind: str, list: str
) -> None:
    admin = importer(kind)
    assert f'href="{admin.address}"' in admin.browser.get(f"/t/acme/{list}/").content.decode()
    example = admin.browser.get(f"{admin.address}example.csv")
    assert example["Content-Disposition"] == f'attachment; filename="{kind}-example.csv"'
    job = admin.check(example.content)
    assert admin.verdicts(job) == {"rows": 2, "create": 2}


def test_there_is_nothing_of_another_kind(sign_in: Callable[..., Client]) -> None:
    assert sign_in().get("/t/acme/import/planets/").status_code == 404


def test_one_job_too_many_is_said_above_the_columns_and_no_answer_is_lost(
    importer: Start, settings: Any
) -> None:
    settings.JOBS_PER_USER = 1
    admin = importer()
    admin.check("serial,name\n1,P\n")
    answer = admin.map(admin.upload("serial,name,mood\n2,Q,good\n"), path_2="c8y_Mood")
    assert answer.status_code == 429
    assert "You have 1 job that is not over" in answer.content.decode()
    assert inputs(answer)["path_2"] == "c8y_Mood"
