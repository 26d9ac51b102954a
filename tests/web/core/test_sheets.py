"""Files for spreadsheets: whatever devices write, no cell computes and no name leaves its folder."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest

from c8yadmin.core.sheets import csv_blocks, file_name, write_xlsx


def as_csv(*rows: tuple[object, ...]) -> str:
    return b"".join(csv_blocks(["value"] * len(rows[0]), rows)).decode()  # type: ignore[arg-type]


def cell(text: str) -> str:
    """`text` as it comes back from a CSV file."""
    return next(iter(list(csv.reader(io.StringIO(as_csv((text,)), newline="")))[1]))


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil","x")',
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "\0=1+1",
        "  =1+1",
        "\uff1d1+1",
    ],
)
def test_a_text_that_would_compute_gets_an_apostrophe_in_front(text: str) -> None:
    assert cell(text).startswith("'")


@pytest.mark.parametrize("text", ["", "pump", "a=b", "a-b", "3", "a; b", "'quoted'", 'say "hi"', "a,b\r\nc"])
def test_a_harmless_text_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("text", [";=cmd|' /C calc'!A0", 'a";=1+1', "a\t=1+1", "a\r\n=1+1", 'a;" =1+1'])
def test_no_separator_that_a_reader_may_take_lets_a_cell_begin_with_a_formula(
    text: str, separator: str
) -> None:
    told = list(csv.reader(io.StringIO(as_csv(("a", text)), newline=""), delimiter=separator))
    cells = [cell.strip(' "\t\ufeff') for row in told for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_numbers_stay_numbers_and_texts_are_quoted() -> None:
    assert as_csv((-5, 3.5, True, None, "-5", "7")).splitlines()[1] == '-5,3.5,"true","","\'-5","7"'


def test_what_no_encoding_takes_is_replaced() -> None:
    assert cell("a\ud800b") == "a?b"
    assert cell("a\0b") == "a\u2400b"


def sheet(*rows: tuple[object, ...]) -> str:
    file = io.BytesIO()
    write_xlsx(file, ["value"] * len(rows[0]), rows)  # type: ignore[arg-type]
    with zipfile.ZipFile(file) as book:
        return "".join(book.read(f"xl/{name}").decode() for name in ("worksheets/sheet1.xml",))


def test_a_workbook_has_no_formula_and_no_link() -> None:
    told = sheet(("=1+1", "http://evil", "+1", "@x", "\t=1", "mailto:x"))
    assert "<f>" not in told
    assert "hyperlink" not in told
    assert "<t>=1+1</t>" in told


def test_numbers_of_a_workbook_are_numbers_as_long_as_they_are_exact() -> None:
    told = sheet((-5, 3.5, 2**60, True))
    assert "<v>-5</v>" in told
    assert "<v>3.5</v>" in told
    assert f"<t>{2**60}</t>" in told
    assert '<c r="D2" t="b"><v>1</v></c>' in told


def test_a_cell_that_is_too_long_ends_with_a_sign_of_that() -> None:
    assert "x…</t>" in sheet(("x" * 40_000,))


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("acme", "devices"), "acme-devices.csv"),
        (("../../x.csv",), "x.csv.csv"),
        (("con",), "_con.csv"),
        (("LPT1",), "_LPT1.csv"),
        (("x" * 300,), f"{'x' * 100}.csv"),
        (("\r\nSet-Cookie: a=b",), "Set-Cookie-a-b.csv"),
        (("設備",), "export.csv"),
        (("",), "export.csv"),
        (("a\u202egpj.exe",), "a-gpj.exe.csv"),
    ],
)
def test_a_file_name_is_one_on_every_system(parts: tuple[str, ...], name: str) -> None:
    assert file_name(*parts, suffix="csv") == name
