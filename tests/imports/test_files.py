"""Files as spreadsheets, scripts and enemies write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from c8yadmin.imports import packing
from c8yadmin.imports.models import Part, Upload
from c8yadmin.imports.reading import COLUMNS, REASON
from tests.imports.conftest import Importer

pytestmark = pytest.mark.django_db
Start = Callable[..., Importer]


def rows(upload: Upload) -> list[Any]:
    return [row for part in packing.parts_of(upload) for row in packing.rows_of(part)]


@pytest.mark.parametrize(
    "content",
    [
        b'a,b\n1,"x\ny"\n',
        b'a;b\r\n1;"x\ny"\r\n',
        b'a\tb\r1\t"x\ny"',
        '\ufeffa,b\n1,"x\ny"\n'.encode(),
        'a;b\n1;"x\ny"'.encode("utf-16"),
        '\ufeffa\tb\n1\t"x\ny"'.encode("utf-16-be"),
    ],
)
def test_separators_encodings_and_line_ends_are_recognised(importer: Start, content: bytes) -> None:
    upload = importer().upload(content)
    assert upload.header == ["a", "b"]
    assert rows(upload) == [(2, ["1", "x\ny"])]


def test_rows_are_counted_as_a_spreadsheet_counts_them_and_empty_ones_left_out(importer: Start) -> None:
    upload = importer().upload("\na,b\n1,2\n\n,\n3,4\n")
    assert rows(upload) == [(3, ["1", "2"]), (6, ["3", "4"])]
    assert upload.rows == 2


def test_formulas_are_data_and_kept_as_they_are(importer: Start) -> None:
    cells = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1"]
    assert rows(importer().upload("a\n" + "\n".join(cells))) == [
        (place, [cell]) for place, cell in enumerate(cells, 2)
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "The file is empty."),
        (b"\n,,\n\n", "The file is empty."),
        (b"a,b\n", "The file has a header, but no rows under it."),
        ("a,b\nü,é\n".encode() + b"3,\xff\n", "Line 3 is not UTF-8."),
        (b"\xff\xfea\0,\0b\0\n\0x", "The file begins as UTF-16, but not all of it is."),
        ("a,b\n1,2".encode("utf-16-le"), "The header holds NUL characters"),
        (b"a,b,a\n1,2,3\n", "2 columns are called “a”"),
        (b'a,b\n1,"x\n2,y\n', "Row 2 cannot be read: a quotation mark is opened and never closed."),
        (b'a,b\n1,"x"y\n', "Row 2 cannot be read: a quotation mark inside a cell must be written twice."),
        (b'a,b\n1,"x\n' + b"2,y\n" * 50_000, "a cell is longer than 131,072 characters"),
        (b"a,b\n1," + b"x" * 50_000_000, "Row 2 is longer than 1,000,000 characters."),
        (b"," * 2_000_000, "Row 1 is longer than 1,000,000 characters."),
        (b"a," * 300_000 + b"\n1", f"The file has 300,001 columns; at most {COLUMNS} can be imported."),
        (b"x" * 300 + b",b\n1,2", "The header of column 1 is longer than 200 characters."),
        (b"a,b\n" + b"\n" * 1_100_000, "The file has more than 1,000,000 rows: divide it"),
        (b"PK\x03\x04\0\0\xff", "This is no CSV file, but an Excel workbook or another ZIP file."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is no CSV file, but an Excel workbook or another Office"),
        (b"\x89PNG\r\n\x1a\n\0", "This is no CSV file, but an image."),
        (b"\xff\xd8\xff\xe0\0", "This is no CSV file, but an image."),
        (b"%PDF-1.7\nx", "This is no CSV file, but a PDF document."),
        (b"\x1f\x8b\x08\0", "This is no CSV file, but a gzip file."),
    ],
    ids=range(21),
)
def test_what_is_no_csv_is_refused_with_the_reason(importer: Start, content: bytes, why: str) -> None:
    answer = importer().send(content)
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert not Upload.objects.exists()
    assert not Part.objects.exists()


def test_without_a_file_the_form_asks_for_one(importer: Start) -> None:
    admin = importer()
    answer = admin.browser.post(admin.address)
    assert answer.status_code == 422
    assert "Choose a file first." in answer.content.decode()


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(importer: Start, settings: Any) -> None:
    settings.LARGEST_UPLOAD = 10_000
    answer = importer().send(b"a,b\n" + b"1,2\n" * 3000)
    assert answer.status_code == 413
    assert "at most 10.0 KB are taken" in answer.content.decode()


def test_nothing_of_a_file_stays_on_the_disk(importer: Start, settings: Any, tmp_path: Path) -> None:
    settings.UPLOADS = tmp_path / "uploads"  # other tests write to the usual place at the same time
    importer().upload("a,b\n1,2\n")
    assert list(Path(settings.UPLOADS).iterdir()) == []
    assert Path(settings.UPLOADS).stat().st_mode & 0o777 == 0o700


def test_a_hostile_name_of_a_file_stays_a_name(importer: Start) -> None:
    admin = importer()
    upload = admin.upload("a,b\n1,2\n", name="../../x\u202e<script>alert(1)</script>\r\n.csv")
    page = admin.columns(upload).content.decode()
    assert "<script>alert" not in page
    assert "/" not in upload.name
    name = admin.browser.get(f"{admin.address}{upload.pk}/failed.csv")["Content-Disposition"]
    assert "\n" not in name


def test_the_column_of_reasons_is_no_column_of_the_next_upload(importer: Start) -> None:
    upload = importer().upload(
        f"a,b,{REASON}\n1,2,Row 2: no\n3,Row 3: too few\n5,6,7,Row 4: too many\n8,9,\n"
    )
    assert upload.header == ["a", "b"]
    assert rows(upload) == [(2, ["1", "2"]), (3, ["3"]), (4, ["5", "6", "7"]), (5, ["8", "9"])]


def test_a_large_file_is_stored_in_few_packed_parts(importer: Start) -> None:
    upload = importer().upload("a,b\n" + "".join(f"{n},some text of this row\n" for n in range(20_000)))
    assert upload.rows == 20_000
    assert Part.objects.count() == 40
    assert sum(len(part.content) for part in Part.objects.all()) < 200_000
