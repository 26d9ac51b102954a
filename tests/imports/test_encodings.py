"""Files that are no Unicode: their encoding is chosen by what it makes of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from unicodedata import category

import pytest

from c8yadmin.imports import packing
from c8yadmin.imports.encodings import ENCODINGS
from c8yadmin.imports.models import Upload
from sdk.sandbox.store.tenant import Tenant
from tests.imports.conftest import Importer, inputs

pytestmark = pytest.mark.django_db
Start = Callable[..., Importer]
TABLE = "serial;name;c8y_Größe.wert\nSN-1;Kühlpumpe – Süd;3,5\nSN-2;Straße €;12\n"


def readings(answer: Any) -> dict[str, str]:
    """What the page shows of the file, by the encoding."""
    text = answer.content.decode()
    found = re.findall(
        r'name="read_as" id="[^"]+" value="([^"]+)".*?</b><span>(.*?)</span></span>', text, re.DOTALL
    )
    return {name: unescape(re.sub(r"<[^>]+>", "", shown)) for name, shown in found}


def read_as(admin: Importer, upload: Upload, encoding: str) -> Any:
    """The answer to the form for the columns, as it stands when the file is read in an encoding."""
    page = anew(admin, upload, read_as=encoding)
    assert chosen(page) == encoding
    return admin.browser.post(f"{admin.address}{upload.pk}/", inputs(page))


def anew(admin: Importer, upload: Upload, page: Any = None, **said: str) -> Any:
    """The answer to the form as a `page` shows it, with what was said since, to see it in an encoding."""
    form = inputs(page or admin.columns(upload)) | said | {"anew": "encoding"}
    return admin.browser.post(f"{admin.address}{upload.pk}/", form)


def chosen(answer: Any) -> str:
    found = re.search(r'name="read_as" id="[^"]+" value="([^"]+)"[^>]*checked', answer.content.decode())
    return found[1] if found else ""


@pytest.mark.parametrize("encoding", ["windows-1252", "mac-roman", "cp850"])
def test_a_file_is_read_in_the_encoding_that_was_chosen(
    importer: Start, by_serial: Callable[[str], Any], encoding: str
) -> None:
    admin = importer()
    table = TABLE if encoding != "cp850" else TABLE.replace("–", "-").replace("€", "Ñ")
    upload = admin.upload(table.encode(encoding))
    page = admin.columns(upload)
    assert "Kühlpumpe" in readings(page)[encoding]
    assert len(set(readings(page).values())) == len(readings(page)) > 2
    answer = read_as(admin, upload, encoding)
    assert answer.status_code == 302
    upload.refresh_from_db()
    assert upload.job is not None
    assert admin.confirm(upload.job)["ok"] == 2
    made = by_serial("SN-1")
    assert made["name"] == table.splitlines()[1].split(";")[1]
    assert made["c8y_Größe"] == {"wert": 3.5}


def test_what_excel_writes_in_western_europe_is_the_first_choice(importer: Start) -> None:
    admin = importer()
    upload = admin.upload(TABLE.encode("windows-1252"))
    page = admin.columns(upload)
    assert chosen(page) == "windows-1252"
    assert "c8y_Größe.wert" in page.content.decode()
    assert "Kühlpumpe – Süd" in page.content.decode()


def test_an_encoding_that_lacks_a_byte_of_the_file_is_not_offered(importer: Start) -> None:
    admin = importer()
    offered = readings(admin.columns(admin.upload(b"name\nm\x81ller\n")))
    assert "windows-1252" not in offered
    assert "müller" in offered["cp850"]
    answer = admin.map(Upload.objects.get(), encoding="windows-1252")
    assert answer.status_code == 422
    assert "Not all of the file can be read so." in answer.content.decode()


@pytest.mark.parametrize("byte", [b"\x80", b"\x85", b"\x9f"])
def test_an_encoding_is_not_offered_for_bytes_that_are_controls_in_it(importer: Start, byte: bytes) -> None:
    admin = importer()
    upload = admin.upload(b"name;c8y_Price\nM\xfcller;3 " + byte + b"\n")
    offered = readings(admin.columns(upload))
    assert "windows-1252" in offered
    assert "iso-8859-15" not in offered
    answer = admin.map(upload, encoding="iso-8859-15")
    assert answer.status_code == 422
    assert "Not all of the file can be read so." in answer.content.decode()


def test_iso_8859_15_is_offered_where_all_bytes_are_letters_in_it(importer: Start) -> None:
    admin = importer()
    offered = readings(admin.columns(admin.upload(b"name;c8y_Price\n\xa6;\xa4\n")))
    assert "Š" in offered["iso-8859-15"]


def test_rejected_rows_come_back_as_they_read_and_as_utf8(importer: Start) -> None:
    admin = importer()
    job = admin.check("name;größe.zahl\nTür;drei\n".encode("windows-1252"), type_1="number")
    told = admin.failed(job)
    assert "größe.zahl" in told
    assert "Tür" in told
    assert "“drei” is not a number" in told
    assert "Tür" in admin.browser.get(f"{admin.address}{job.params['upload']}/rows/").content.decode()


def test_the_choice_is_remembered_for_the_next_file_with_these_columns(importer: Start) -> None:
    admin = importer()
    file = "name;c8y_Note\nкот;ж\n".encode("windows-1251")
    assert read_as(admin, admin.upload(file), "windows-1251").status_code == 302
    assert chosen(admin.columns(admin.upload(file + b"\xea;\xe6\n"))) == "windows-1251"
    assert readings(admin.columns(admin.upload("name;c8y_Note\nкот;ж\n"))) == {}


def test_a_choice_is_kept_where_another_one_is_remembered(
    importer: Start, by_serial: Callable[[str], Any]
) -> None:
    admin = importer()
    first = admin.upload("serial;name\nSN-1;кот\n".encode("windows-1251"))
    assert read_as(admin, first, "windows-1251").status_code == 302
    upload = admin.upload("serial;name\nSN-2;Café\n".encode("windows-1252"))
    assert chosen(admin.columns(upload)) == "windows-1251"
    assert read_as(admin, upload, "windows-1252").status_code == 302
    upload.refresh_from_db()
    assert upload.job is not None
    admin.confirm(upload.job)
    assert by_serial("SN-2")["name"] == "Café"
    assert chosen(admin.columns(admin.upload(b"serial;name\nSN-3;\xe9\n"))) == "windows-1252"


def test_the_remembered_encoding_stands_for_those_that_read_alike(importer: Start) -> None:
    admin = importer()
    file = "name;c8y_Note\nŠ;€\n".encode("iso-8859-15")
    assert read_as(admin, admin.upload(file), "iso-8859-15").status_code == 302
    page = admin.columns(admin.upload(b"name;c8y_Note\nM\xfcller;\xe9\n"))
    assert chosen(page) == "iso-8859-15"
    assert "windows-1252" not in readings(page)
    assert len(set(readings(page).values())) == len(readings(page)) > 2


def test_another_choice_for_the_same_file_checks_it_anew(
    importer: Start, acme: Tenant, by_serial: Callable[[str], Any]
) -> None:
    admin = importer()
    upload = admin.upload(TABLE.encode("windows-1252"))
    read_as(admin, upload, "mac-roman")
    read_as(admin, upload, "windows-1252")
    upload.refresh_from_db()
    assert upload.job is not None
    admin.confirm(upload.job)
    assert by_serial("SN-2")["name"] == "Straße €"


def test_another_encoding_keeps_what_was_said_of_the_columns(importer: Start) -> None:
    admin = importer()
    upload = admin.upload("serial;c8y_Größe.wert;c8y_Größe.mass;stimmung\nSN-1;3;m;gut\n".encode("cp1252"))
    said = {"path_2": "c8y_Unit", "path_3": "c8y_Mood.text", "type_3": "json", "mode": "create"}
    page = anew(admin, upload, read_as="mac-roman", key_column="3", **said)
    assert page.status_code == 200
    form = inputs(page)
    assert chosen(page) == form["encoding"] == "mac-roman"
    assert {name: form[name] for name in said} == said
    assert form["path_1"] == "c8y_Größe.wert".encode("cp1252").decode("mac-roman")
    back = inputs(anew(admin, upload, page, read_as="windows-1252", type_1="text"))
    assert {name: back[name] for name in said} == said
    assert (back["path_1"], back["type_1"], back["key_column"]) == ("c8y_Größe.wert", "text", "3")


def test_a_switch_that_was_turned_off_stays_off_in_another_encoding(importer: Start) -> None:
    admin = importer()
    upload = admin.upload("serial;größe\nSN-1;3\n".encode("windows-1252"))
    form = inputs(admin.columns(upload)) | {"read_as": "mac-roman", "anew": "encoding"}
    assert form.pop("switch") == "on"
    page = admin.browser.post(f"{admin.address}{upload.pk}/", form)
    assert "switch" not in inputs(page)
    assert not upload.job


@pytest.mark.parametrize("read_as", ["utf-7", "", "windows-1252"])
def test_an_encoding_that_is_not_offered_changes_nothing(importer: Start, read_as: str) -> None:
    admin = importer()
    upload = admin.upload(b"serial;name\nSN-1;m\x81ller\n")
    page = anew(admin, upload, read_as=read_as, path_1="c8y_Mood")
    assert page.status_code == 200
    assert inputs(page)["path_1"] == "c8y_Mood"
    assert chosen(page) == chosen(admin.columns(upload))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_byte_of_every_encoding_survives(importer: Start, encoding: str) -> None:
    letters = b"".join(bytes([n]) for n in range(128, 256) if _is_character(n, encoding))
    upload = importer().upload(b"name\n" + letters + b"\n" + letters[::-1] + b"\n")
    upload.mapping = {"encoding": encoding}
    expected = letters.decode(encoding)
    assert packing.samples(upload) == [[expected, expected[::-1]]]


def _is_character(n: int, encoding: str) -> bool:
    try:
        return category(bytes([n]).decode(encoding)) != "Cc"
    except UnicodeDecodeError:
        return False


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_letter_of_every_encoding_survives_at_both_ends_of_a_name(
    importer: Start, encoding: str
) -> None:
    characters = [bytes([n]).decode(encoding) for n in range(128, 256) if _is_character(n, encoding)]
    names = [f"{one}x{one}" for one in characters if not one.isspace()]
    upload = importer().upload(";".join(names).encode(encoding) + b"\n1\n")
    upload.mapping = {"encoding": encoding}
    assert upload.columns == names


def test_names_that_differ_in_a_last_letter_alone_are_two(importer: Start) -> None:
    admin = importer()
    upload = admin.upload("Città; Cittá \n1;2\n".encode("cp850"))
    upload.mapping = {"encoding": "cp850"}
    assert upload.columns == ["Città", "Cittá"]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("name\xa0;\xa0Größe ", ["name", "Größe"]),
        ("name;\xa0", ["name", "Column 2"]),
        ("name;name\xa0", ["name", "name\xa0"]),
    ],
)
def test_blanks_beyond_ascii_are_no_part_of_a_name_unless_they_alone_tell_it(
    importer: Start, header: str, columns: list[str]
) -> None:
    upload = importer().upload(f"{header}\nü;ö\n".encode("windows-1252"))
    assert upload.columns == columns


def test_columns_of_one_name_are_told_by_their_places_where_nobody_can_read_it(importer: Start) -> None:
    answer = importer().send("id;Città;Città \n1;2;3\n".encode("cp850"))
    assert answer.status_code == 422
    assert "Columns 2 and 3 have the same name: rename all but one of them." in answer.content.decode()
    assert "Citt\x85" not in answer.content.decode()
    answer = importer().send("id;id;Città\n1;2;3\n".encode("cp850"))
    assert "2 columns are called “id”: rename all but one of them." in answer.content.decode()
