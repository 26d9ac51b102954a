"""CSV as spreadsheets write it: whichever separator, encoding and line ends, without guessing at contents.

A file is refused as a whole where nobody can tell its rows apart; what is wrong with a single row is said
when the rows are checked.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from string import whitespace
from typing import IO

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
COLUMNS = 200
LAST_ROW = 1_000_001  # as spreadsheets count: a million rows below the header
LONGEST_HEADER = 200
LONGEST_ROW = 1_000_000  # characters
# The last column of the rows that are given back: why each was not imported. Uploads are read without it.
REASON = "c8yadmin: not imported because"
_REASONED = re.compile(r"Row \d+: ")
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SIGNATURES = {
    b"PK\x03\x04": "an Excel workbook or another ZIP file",
    b"\xd0\xcf\x11\xe0": "an Excel workbook or another Office file",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"%PDF-": "a PDF document",
    b"\x1f\x8b": "a gzip file",
}
_WORDS = {
    "unexpected end of data": "a quotation mark is opened and never closed",
    "field larger than field limit (131072)": (
        "a cell is longer than 131,072 characters; perhaps a quotation mark is opened and never closed"
    ),
}

Row = tuple[int, list[str]]


class NotCsv(ValueError):
    """A file that cannot be read as CSV; says in words what is wrong with it, and where."""


class NotUtf8(NotCsv):
    """A file that is neither UTF-8 nor said to be anything else."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file that is read as it is iterated: each row with its number, as spreadsheets count them.

    Rows without any content are left out.
    """

    header: list[str]
    separator: str
    rows: Iterator[Row]


@contextmanager
def table(file: IO[bytes], encoding: str = "") -> Iterator[Table]:
    """The table in `file`, which can be sought in; Unicode unless an `encoding` is given.

    With one, nobody knows yet what the characters beyond ASCII are: the names of columns keep them all.
    Raises NotCsv, also while rows are read.
    """
    text = TextIOWrapper(file, encoding=encoding or _encoding(file), newline="")
    try:
        separator = max(SEPARATORS, key=lambda one: _columns(text, one))
        records = _records(text, separator, file)
        first = next((cells for _, cells in records if any(cells)), None)
        if first is None or not "".join(first).strip(" ,;\t"):
            raise NotCsv("The file is empty.")
        names, reason = _header(first, whitespace if encoding else None)
        bare = ((number, _without(cells, reason)) for number, cells in records)
        yield Table(names, separator, (row for row in bare if any(row[1])))
    finally:
        text.detach()  # it would close the file, which is not this function's


def _encoding(file: IO[bytes]) -> str:
    start = file.read(8)
    file.seek(0)
    if other := next((words for mark, words in _SIGNATURES.items() if start.startswith(mark)), ""):
        raise NotCsv(f"This is no CSV file, but {other}. Save the table as “CSV UTF-8” and upload that.")
    return next((name for mark, name in _MARKS.items() if start.startswith(mark)), "utf-8")


def _columns(text: TextIOWrapper, separator: str) -> int:
    """How many columns the first row would have."""
    text.seek(0)
    first = islice(csv.reader(_Lines(text), delimiter=separator), LAST_ROW)
    try:
        return next((len(cells) for cells in first if any(cells)), 0)
    except (csv.Error, UnicodeDecodeError, _TooLong):
        return 0  # said where the rows are read


class _TooLong(Exception):
    pass


class _Lines:
    """The lines of a text; `taken` counts their characters, and nobody takes more than a row may have."""

    def __init__(self, text: TextIOWrapper) -> None:
        self._text, self.taken = text, 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        self.taken += len(line)
        if self.taken > LONGEST_ROW:
            raise _TooLong
        return line


def _records(text: TextIOWrapper, separator: str, file: IO[bytes]) -> Iterator[Row]:
    text.seek(0)
    lines, number = _Lines(text), 0
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        number, lines.taken = number + 1, 0
        if number > LAST_ROW:
            raise NotCsv(f"The file has more than {LAST_ROW - 1:,} rows: divide it into several files.")
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _TooLong:
            raise NotCsv(
                f"Row {number:,} is longer than {LONGEST_ROW:,} characters. Perhaps a quotation mark is "
                "opened and never closed."
            ) from None
        except csv.Error as error:
            words = _WORDS.get(str(error), "a quotation mark inside a cell must be written twice")
            raise NotCsv(f"Row {number:,} cannot be read: {words}.") from error
        except UnicodeDecodeError as error:
            raise _undecodable(file, error.encoding) from error
        yield number, cells


def _undecodable(file: IO[bytes], encoding: str) -> NotCsv:
    """Which line of `file` is not in the encoding that it begins with."""
    if encoding.startswith("utf-16"):
        return NotCsv("The file begins as UTF-16, but not all of it is. Save it as “CSV UTF-8”.")
    file.seek(0)
    number = next((n for n, line in enumerate(_byte_lines(file), 1) if not _is_utf8(line)), 1)
    words = f"Line {number:,} is not UTF-8. Save the file as “CSV UTF-8”, and nothing in it gets lost."
    return NotUtf8(words)


def _byte_lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(4 * LONGEST_ROW):
        yield line


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _header(cells: list[str], blanks: str | None) -> tuple[list[str], int | None]:
    """The names of the columns, and the place of the reasons, which is no column.

    What is stripped from a name are `blanks`; without them, all that Unicode calls so.
    """
    if len(cells) > COLUMNS + 1:
        raise NotCsv(f"The file has {len(cells):,} columns; at most {COLUMNS} can be imported.")
    names = [name.strip(blanks) or f"Column {place}" for place, name in enumerate(cells, 1)]
    for place, name in enumerate(names, 1):
        if "\0" in name:
            raise NotCsv("The header holds NUL characters: this is no CSV, or UTF-16 without its mark.")
        if len(name) > LONGEST_HEADER:
            raise NotCsv(f"The header of column {place} is longer than {LONGEST_HEADER} characters.")
    name, times = Counter(names).most_common(1)[0]
    if times > 1:
        alike = [str(place) for place, one in enumerate(names, 1) if one == name]
        raise NotCsv(f"{_alike(name, alike, blanks)}: rename all but one of them.")
    reason = names.index(REASON) if REASON in names else None
    return [name for name in names if name != REASON], reason


def _alike(name: str, places: list[str], blanks: str | None) -> str:
    """Which columns have one name; it is shown where its characters are known."""
    if blanks is None or name.isascii():
        return f"{len(places)} columns are called “{name}”"
    return f"Columns {', '.join(places[:-1])} and {places[-1]} have the same name"


def _without(cells: list[str], reason: int | None) -> list[str]:
    """`cells` without the reason; in a row with too few or too many cells, it is the last one."""
    if reason is None:
        return cells
    if len(cells) > reason and (place := _place(cells, reason)) is not None:
        return cells[:place] + cells[place + 1 :]
    if cells and _REASONED.match(cells[-1]):
        return cells[:-1]
    return cells


def _place(cells: list[str], reason: int) -> int | None:
    last = len(cells) - 1
    return last if last > reason and _REASONED.match(cells[last]) else reason
