"""The rows that were not imported, as a file that can be corrected and uploaded again."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from io import StringIO

from django.db.models import F, Q

from c8yadmin.imports import packing
from c8yadmin.imports.encodings import reread
from c8yadmin.imports.models import Part, Upload
from c8yadmin.imports.reading import REASON
from c8yadmin.imports.verdicts import REJECTED, Verdict
from c8yadmin.jobs.execution.tallies import counted
from c8yadmin.jobs.models import Chunk, ItemResult, Job
from c8yadmin.jobs.states import TERMINAL, ItemState

NEVER = "it was never begun, because the job was stopped."


def failed_rows(upload: Upload) -> Iterator[str]:
    """The file, part by part: the rows as they were uploaded, with the reason as the last column."""
    yield "\ufeff" + _written([[*upload.columns, REASON]], upload.separator)
    reasons = _reasons(upload.job) if upload.job else {}
    for part in packing.parts_of(upload):
        if rows := list(_failed(part, reasons, upload.encoding)):
            yield _written(rows, upload.separator)


def count(upload: Upload, counts: Mapping[str, int]) -> int:
    """How many rows the file has, by the `counts` of what became of them; none of those that fail while the
    job is not over."""
    return counts["rejected"] + (_left(upload.job) if upload.job else 0)


def _left(job: Job) -> int:
    if not (job.is_terminal and job.started_at):
        return 0
    if job.retries.exists():
        return len(_reasons(job))
    done = counted(job.pk)
    return job.total - done.ok - done.skipped


def _failed(part: Part, reasons: dict[int, str], encoding: str) -> Iterator[list[str]]:
    verdicts = packing.verdicts_of(part)
    for place, (number, cells) in enumerate(packing.rows_of(part)):
        why = _rejection(verdicts[place]) if place < len(verdicts) else ""
        if why := why or reasons.get(number, ""):
            yield [*(reread(cell, encoding) for cell in cells), f"Row {number}: {why}"]


def _rejection(verdict: Verdict) -> str:
    return verdict.words if verdict.code == REJECTED else ""


def _reasons(job: Job) -> dict[int, str]:
    """Why each row of `job` failed, or was never begun, by its number; what a retry has done since is
    left out, and what one is about to do; one that ended before it began does nothing."""
    reasons = _of(job)
    idle = Q(state__in=TERMINAL, started_at=None)
    for again in job.retries.exclude(idle).order_by("created_at"):
        taken = {int(id) for chunk in again.chunks.order_by("seq") for id in chunk.targets}
        later = _reasons(again)
        reasons = {number: why for number, why in reasons.items() if number not in taken} | later
    return reasons


def _of(job: Job) -> dict[int, str]:
    results = ItemResult.objects.filter(chunk__job=job, outcome__in=(ItemState.FAILED, ItemState.UNKNOWN))
    found = {int(id): why for id, why in results.values_list("item_id", "message").iterator(chunk_size=2000)}
    if job.is_terminal and job.started_at:
        found |= {int(id): NEVER for chunk in _open(job) for id in chunk.targets[chunk.cursor :]}
    return found


def _open(job: Job) -> Iterator[Chunk]:
    return job.chunks.filter(cursor__lt=F("n")).order_by("seq").iterator(chunk_size=10)


def _written(rows: list[list[str]], separator: str) -> str:
    text = StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue()
