"""Targets as a file: read in batches by a job, which changes nothing in the tenant."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.db import transaction

from c8yadmin.core.request import AppRequest
from c8yadmin.core.sheets import ROWS_OF_A_SHEET, Row, csv_blocks, write_xlsx
from c8yadmin.jobs.batches import BatchAction, Renew
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.exports import parts
from c8yadmin.jobs.exports.columns import Sheet
from c8yadmin.jobs.models import ExportFile, Job
from c8yadmin.jobs.registry import Occasion, Outcome, Params, ParamsForm, Preview, find_target
from sdk import CumulocityClient

FORMATS = {
    "csv": "CSV, the columns of the list",
    "xlsx": "Excel, the columns of the list",
    "jsonl": "JSON lines, whole objects",
}
NAMES = {"csv": "CSV", "xlsx": "Excel", "jsonl": "JSON lines"}
GONE = Outcome.skipped("It was deleted since the job was prepared.", "not_found", 404)


class ExportForm(ParamsForm):
    """What kind of file; CSV unless another one is named."""

    format = forms.ChoiceField(
        choices=list(FORMATS.items()),
        required=False,
        initial="csv",
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": f"A format is one of {', '.join(FORMATS)}."},
    )

    def clean_format(self) -> str:
        return self.cleaned_data["format"] or "csv"


class Export(BatchAction):
    """`….export`: the targets as a file of one of FORMATS; their kind has a `Sheet`."""

    reads = True
    form = ExportForm
    irreversible: ClassVar[str] = "An export changes nothing."

    @property
    def sheet(self) -> Sheet:
        kind = find_target(self.target)
        if kind is None or kind.sheet is None:
            raise LookupError(f"{self.target} cannot be exported: they have no columns.")
        return kind.sheet

    @property
    def batch(self) -> int:  # type: ignore[override]
        return self.sheet.at_once

    @property
    def calls(self) -> int:  # type: ignore[override]
        return self.sheet.calls

    def blocked(self, request: AppRequest) -> str:
        """Nothing: who may see the list may have it as a file."""
        return ""

    def describe(self, params: Params) -> str:
        return f"{self.label} as {NAMES[params['format']]}"

    def preview(self, c8y: CumulocityClient, ids: Sequence[str], params: Params) -> list[Preview]:
        return []

    def refusal(self, params: Params, total: int) -> str:
        if params["format"] == "xlsx" and total > ROWS_OF_A_SHEET:
            return f"An Excel sheet holds {ROWS_OF_A_SHEET:,} rows at most: export CSV or JSON lines instead."
        return ""

    def perform_all(
        self, c8y: CumulocityClient, ids: Sequence[str], params: Params, occasion: Occasion
    ) -> Mapping[str, Outcome]:
        read = {str(one.id): one for one in self.sheet.read(c8y, ids)}
        return {
            id: Outcome.ok(encoded(self.sheet, params["format"], read[id])) if id in read else GONE
            for id in ids
        }

    def keep(self, job_id: uuid.UUID, place: str, done: Sequence[tuple[str, Outcome]]) -> None:
        parts.append(job_id, place, ((id, outcome.found) for id, outcome in done if outcome.found))

    def gathers(self, job: Job) -> bool:
        at_once = job.autostart and job.scheduled_at is None and not job.hours
        return self.sheet.singly and at_once and "filter" in job.target_spec

    def gather(self, job: Job, found: Sequence[Any]) -> Callable[[int], None]:
        rows = ((str(one.id), encoded(self.sheet, job.params["format"], one)) for one in found)
        return partial(parts.hand_over, parts.gather(job.pk, rows))

    def gathered(self, job: Job, chunk_id: int) -> Collection[str]:
        return parts.stored(job.pk, chunk_id) if self.gathers(job) else ()

    def is_finished(self, job: Job) -> bool:
        return ExportFile.objects.filter(job=job).exists()

    def finish(self, job: Job, renew: Renew) -> Callable[[], None]:
        """Put the parts together."""
        suffix, rows = job.params["format"], 0

        def counted() -> Iterator[bytes]:
            nonlocal rows
            for line in parts.lines(job):
                rows += 1
                renew()
                yield line

        name = parts.new_name(suffix)
        try:
            with parts.storing(), parts.create(name) as file:
                watched = cast(IO[bytes], _Watched(file, renew))
                write(watched, self.sheet, suffix, counted(), parts.scratch(job.pk))
                size = file.tell()
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            parts.remove(name)
            raise
        return lambda: _record(job, name, rows, size)


class _Watched:
    """A file whose writing renews the lease: packing a large workbook takes long after its last row."""

    def __init__(self, file: IO[bytes], renew: Renew) -> None:
        self._file, self._renew = file, renew

    def write(self, data: bytes) -> int:
        self._renew()
        return self._file.write(data)

    def writelines(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _record(job: Job, name: str, rows: int, size: int) -> None:
    until = clock() + timedelta(hours=settings.EXPORT_HOURS)
    ExportFile.objects.create(job=job, name=name, rows=rows, size=size, expires_at=until)
    transaction.on_commit(partial(parts.discard, job.pk))


def encoded(sheet: Sheet, format: str, found: Any) -> bytes:
    """What a file of `format` needs of an object, as one line of JSON."""
    value = dict(found.items()) if format == "jsonl" else sheet.row(found)
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8
        return json.dumps(value, separators=(",", ":")).encode()


def write(
    file: IO[bytes], sheet: Sheet, format: str, lines: Iterable[bytes], scratch: Path | None = None
) -> None:
    """Write the file of `format` that `lines` (see `encoded`) make, in flat memory."""
    if format == "jsonl":
        file.writelines(line + b"\n" for line in lines)
        return
    rows: Iterator[Row] = map(json.loads, lines)
    if format == "csv":
        file.writelines(csv_blocks(sheet.header, rows))
    else:
        write_xlsx(file, sheet.header, rows, scratch)
