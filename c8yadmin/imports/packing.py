"""Rows in the database: packed some hundred at a time, so that a million of them are few rows there."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

from django.db.models import QuerySet, Sum

from c8yadmin.imports import encodings
from c8yadmin.imports.models import Part, Upload
from c8yadmin.imports.reading import NotCsv, NotUtf8, Row, table
from c8yadmin.imports.verdicts import COUNTED, Verdict

ROWS = 500
CHARACTERS = 1_000_000  # of a part's cells, so that no part is large
SAMPLES = 20


def store(file: IO[bytes], upload: Upload) -> None:
    """Read `file` into `upload` and its parts. Raises NotCsv, and then nothing is stored.

    Part by part is committed: a long transaction would keep everybody else from writing.
    """
    upload.digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    try:
        _store(file, upload)
    except NotUtf8:
        upload.foreign, upload.rows = encodings.foreign(file), 0
        if not upload.foreign:
            raise
        _store(file, upload, encodings.RAW)


def _store(file: IO[bytes], upload: Upload, encoding: str = "") -> None:
    with table(file, encoding) as found, _or_nothing(upload):
        upload.header, upload.separator = found.header, found.separator
        upload.save()
        for rows in _grouped(found.rows):
            Part.objects.create(upload=upload, first=rows[0][0], last=rows[-1][0], content=pack(rows))
            upload.rows += len(rows)
        if not upload.rows:
            raise NotCsv("The file has a header, but no rows under it.")
        upload.save()


@contextmanager
def _or_nothing(upload: Upload) -> Iterator[None]:
    try:
        yield
    except BaseException:
        Upload.objects.filter(pk=upload.pk).delete()
        raise


def _grouped(rows: Iterator[Row]) -> Iterator[list[Row]]:
    group: list[Row] = []
    size = 0
    for row in rows:
        group.append(row)
        size += sum(map(len, row[1]))
        if len(group) >= ROWS or size >= CHARACTERS:
            yield group
            group, size = [], 0
    if group:
        yield group


def pack(value: Any) -> bytes:
    """`value` as compressed JSON."""
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), 3)


def unpack(content: bytes | memoryview) -> Any:
    """What `pack` made into `content`."""
    return json.loads(zlib.decompress(content))


def rows_of(part: Part) -> list[Row]:
    """The rows of a part as they were in the file; raw where that is foreign."""
    return [(number, cells) for number, cells in unpack(part.content)]


def verdicts_of(part: Part) -> list[Verdict]:
    """What was found out about each row of a part, in their order; nothing before they were checked."""
    return [Verdict(*fields) for fields in unpack(part.verdicts)] if part.verdicts else []


def judge(part: Part, verdicts: Sequence[Verdict]) -> None:
    """Write down what was found out about the rows of `part`."""
    codes = [verdict.code for verdict in verdicts]
    counts = {name: codes.count(code) for code, name in COUNTED.items()}
    packed = pack([verdict.packed() for verdict in verdicts])
    Part.objects.filter(pk=part.pk).update(verdicts=packed, **counts)


def forget(upload: Upload) -> None:
    """Remove what was found out about rows that are to be understood in another way."""
    nothing: dict[str, Any] = {"verdicts": b""} | dict.fromkeys(COUNTED.values(), 0)
    _ordered(upload).exclude(verdicts=b"").update(**nothing)


def parts_of(upload: Upload) -> Iterator[Part]:
    """The parts of a file in their order, one at a time: memory stays flat."""
    for pk in list(_ordered(upload).values_list("pk", flat=True)):
        yield Part.objects.get(pk=pk)


def counts(upload: Upload) -> dict[str, int]:
    """How many rows there are, and how many of them were found to be what."""
    sums = _ordered(upload).order_by().aggregate(**{name: Sum(name) for name in COUNTED.values()})
    return {"rows": upload.rows} | {name: n or 0 for name, n in sums.items()}


def samples(upload: Upload) -> list[list[str]]:
    """The first few values of each column, as they read."""
    part = _ordered(upload).first()
    rows = [_read(upload, cells) for _, cells in rows_of(part)[:SAMPLES]] if part else []
    return [[cells[place] for cells in rows if place < len(cells)] for place in range(len(upload.header))]


def picked(upload: Upload, numbers: Sequence[int]) -> Iterator[tuple[Row, Verdict]]:
    """The checked rows with these numbers."""
    wanted = set(numbers)
    if not wanted:
        return
    for part in _ordered(upload).filter(last__gte=min(wanted), first__lte=max(wanted)).iterator(chunk_size=5):
        if wanted.isdisjoint(range(part.first, part.last + 1)):
            continue
        for row, verdict in zip(rows_of(part), verdicts_of(part), strict=False):
            if row[0] in wanted:
                yield row, verdict


def listed(upload: Upload, name: str, start: int, count: int) -> list[tuple[Row, Verdict]]:
    """`count` of the checked rows that were found to be `name` (all of them for ""), from the place
    `start`, as they read."""
    found: list[tuple[Row, Verdict]] = []
    for pk, *sizes in _ordered(upload).values_list("pk", *([name] if name else COUNTED.values())):
        size = sum(sizes)
        if start < size and count > 0:
            part = Part.objects.get(pk=pk)
            rows = [(number, _read(upload, cells)) for number, cells in rows_of(part)]
            pairs = zip(rows, verdicts_of(part), strict=False)
            some = [pair for pair in pairs if not name or COUNTED[pair[1].code] == name]
            found += some[start : start + count]
            count -= len(some[start : start + count])
        start = max(0, start - size)
    return found


def _read(upload: Upload, cells: list[str]) -> list[str]:
    encoding = upload.encoding  # which is found out anew each time
    return [encodings.reread(cell, encoding) for cell in cells]


def _ordered(upload: Upload) -> QuerySet[Part]:
    return Part.objects.filter(upload=upload).order_by("first")
