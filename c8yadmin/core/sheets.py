"""Rows as files that people open in a spreadsheet: CSV and XLSX, in which no text is ever a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

Cell = str | int | float | bool | None
Row = Sequence[Cell]

ROWS_OF_A_SHEET = 1_048_575  # below the header
LONGEST_TEXT = 32_767  # characters of one cell
EXACT = 2**53  # a spreadsheet's numbers are exact up to here
BLOCK = 65_536  # bytes of CSV that are sent at once

# What makes a spreadsheet compute: its first character, the full-width twins too.
_STARTS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_RISKY = re.compile(rf"[\t\r\n\0{_STARTS}]")
_AT_FIRST = re.compile(rf"[\t\r\n\0]|[\s\0]*[{_STARTS}]")
# Where the reader takes another separator for its own, a text begins in the middle of ours.
_WITHIN = re.compile(rf'([;\t\r\n\0][\s\0"]*)(?=[{_STARTS}])')


def harmless(text: str) -> str:
    """`text` as a spreadsheet shows it and never computes it: an apostrophe stands before what would."""
    if not _RISKY.search(text):
        return text
    guarded = _WITHIN.sub(r"\1'", text)
    return f"'{guarded}" if _AT_FIRST.match(text) else guarded


def csv_blocks(header: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """CSV as RFC 4180 has it, in UTF-8 with a mark that tells Excel so; texts quoted, numbers bare."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC)
    buffer.write("\ufeff")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_csv_cell(cell) for cell in row])
        if buffer.tell() > BLOCK:
            yield _drained(buffer)
    yield _drained(buffer)


def _csv_cell(cell: Cell) -> str | int | float:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if cell is None:
        return ""
    return harmless(cell).replace("\0", "\N{SYMBOL FOR NULL}") if isinstance(cell, str) else cell


def _drained(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode(errors="replace")  # a lone surrogate from a device has no UTF-8


def write_xlsx(
    file: IO[bytes], header: Sequence[str], rows: Iterable[Row], scratch: Path | None = None
) -> None:
    """Write a workbook row by row, in flat memory; more rows than a sheet holds go on in another one.

    `scratch` is the folder for temporary files, which become larger than the workbook.
    """
    import xlsxwriter  # noqa: PLC0415  # 2 MB that a process without workbooks can do without

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options | ({"tmpdir": str(scratch)} if scratch else {}))
    bold = book.add_format({"bold": True})
    sheet, at = None, ROWS_OF_A_SHEET
    for row in rows:
        if sheet is None or at >= ROWS_OF_A_SHEET:
            sheet, at = _sheet(book, header, bold), 0
        at += 1
        for column, cell in enumerate(row):
            _write_cell(sheet, at, column, cell)
    if sheet is None:
        _sheet(book, header, bold)
    book.close()


def _sheet(book: Any, header: Sequence[str], bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(header):
        sheet.set_column(column, column, 20)
        sheet.write_string(0, column, title, bold)
    return sheet


def _write_cell(sheet: Any, row: int, column: int, cell: Cell) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float) and abs(cell) <= EXACT:
        sheet.write_number(row, column, cell)
    elif cell is not None and cell != "":
        text = str(cell).encode(errors="replace").decode()
        short = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
        sheet.write_string(row, column, short.replace("\0", "\N{SYMBOL FOR NULL}"))


_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def file_name(*parts: str, suffix: str) -> str:
    """A name that every file system takes and that stays where it is put: `acme-devices-2026-11-20.csv`."""
    words = (re.sub(r"[^A-Za-z0-9_.]+", "-", part).strip("-.") for part in parts)
    stem = re.sub(r"\.{2,}", ".", "-".join(word for word in words if word))[:100].strip("-.") or "export"
    return f"{'_' if _RESERVED.fullmatch(stem) else ''}{stem}.{suffix}"
