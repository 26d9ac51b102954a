"""Before-images: what a job needs to know to be reverted, written down before each change is sent.

They are appended in small rows while a chunk is worked, and packed into few larger ones when its lease ends.
The order is what makes them trustworthy: first the image is committed, under the lease's token, then the
change is sent. So there is an image of every change that may have been made, and where there is none, none
was made; the last image of a target is the one of its change.
"""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet

from c8yadmin.jobs.models import BeforeImages, Chunk, ItemResult, Job
from c8yadmin.jobs.orders.scopes import Spec, WrongScope, failed
from c8yadmin.jobs.registry import Image, find_action
from c8yadmin.jobs.states import ItemState
from c8yadmin.jobs.undoing.reversal import Undoable

PIECE = 1_000_000  # bytes of JSON in one row, so that no row needs much memory
_INSERT = "INSERT INTO jobs_beforeimages (chunk_id, given, n, data) VALUES (%s, %s, %s, %s)"
REFUSED = (400, 409, 422)  # not 403: so may be answered what an earlier attempt has changed
Kept = tuple[str, Image]


class Target(NamedTuple):
    """A target as a job is given it: what the job shall restore there, and what an earlier one kept."""

    id: str
    given: Image | None = None
    earlier: Image | None = None


def write(chunk_id: int, images: Iterable[Kept], *, given: bool = False) -> None:
    """Append images to those of the chunk; belongs into a transaction that checks the right to do so."""
    BeforeImages.objects.bulk_create(
        BeforeImages(chunk_id=chunk_id, given=given, n=n, data=data) for n, data in _pieces(images)
    )


def append(chunk_id: int, images: Iterable[Kept]) -> None:
    """What `write` does, for a sixth of the time."""
    with connection.cursor() as cursor:
        for n, data in _pieces(images):
            cursor.execute(_INSERT, (chunk_id, False, n, data))


def of_chunk(chunk_id: int, *, given: bool = False) -> dict[str, Image]:
    """The images of the chunk's targets, by target."""
    return dict(_read(BeforeImages.objects.filter(chunk_id=chunk_id, given=given).order_by("pk")))


def of_targets(job: Job, ids: Sequence[str], *, given: bool = False) -> dict[str, Image]:
    """The images that the job has of a few of its targets; `given` are those that it shall restore."""
    found, seen = dict[str, Image](), set[str]()
    for id in ids:
        if id not in seen and (chunk := Chunk.objects.filter(job=job, ids__contains=json.dumps(id)).first()):
            found |= of_chunk(chunk.pk, given=given)
            seen.update(chunk.targets)
    return {id: found[id] for id in ids if id in found}


def pack(chunk_id: int) -> None:
    """Join the chunk's rows; belongs into the transaction that ends its lease."""
    rows = BeforeImages.objects.filter(chunk_id=chunk_id, given=False)
    old = list(rows.values_list("pk", flat=True)[:2])
    if len(old) == 2:
        images = of_chunk(chunk_id)
        rows.delete()
        write(chunk_id, images.items())


def part(chunk_id: int, other_id: int, ids: Sequence[str]) -> None:
    """Give the images of `ids` to another chunk, which has taken over these targets."""
    for given in (True, False):
        images, theirs = of_chunk(chunk_id, given=given), set(ids)
        if images:
            BeforeImages.objects.filter(chunk_id=chunk_id, given=given).delete()
            write(chunk_id, (kept for kept in images.items() if kept[0] not in theirs), given=given)
            write(other_id, (kept for kept in images.items() if kept[0] in theirs), given=given)


def to_revert(job_id: uuid.UUID, after: str = "") -> Iterator[Target]:
    """The targets that the job has, or may have, changed, with what it left and what was there before;
    those behind the target `after`. Raises WrongScope when the job does not keep all of them any more."""
    return _behind(job_id, after, _changed(job_id, after))


def _changed(job_id: uuid.UUID, after: str) -> Iterator[Target]:
    unchanged = _unchanged(job_id)
    for chunk in _chunks(job_id, after, images__given=False):
        left = set(unchanged.filter(chunk=chunk).values_list("item_id", flat=True))
        touched = [id for id in chunk.targets[: max(chunk.cursor, chunk.intent)] if id not in left]
        images = of_chunk(chunk.pk)
        _require_all(job_id)
        yield from (Target(id, given=images[id]) for id in touched if id in images)
    _require_all(job_id)


def _unchanged(job_id: uuid.UUID) -> QuerySet[ItemResult]:
    """The results of targets that the job has surely left as they were."""
    action = find_action(Job.objects.values_list("action", flat=True).get(pk=job_id))
    unchanged = Q(outcome=ItemState.SKIPPED)
    if isinstance(action, Undoable) and action.in_one_call:
        unchanged |= Q(outcome=ItemState.FAILED, http_status__in=REFUSED)
    return ItemResult.objects.filter(unchanged, chunk__job_id=job_id)


def _require_all(job_id: uuid.UUID) -> None:
    """Raise WrongScope where some of what was read until now may have been removed before."""
    if Job.objects.filter(pk=job_id, images_removed_at__isnull=False).exists():
        raise _lost(job_id)


def to_retry(spec: Spec, after: str = "") -> Iterator[Target]:
    """The targets of a retry, with all that the job which failed on them kept; those behind the target
    `after`. Raises WrongScope when that job does not keep it any more; where it was a revert, also when it
    does not keep all that is to be restored.
    """
    return _behind(spec["retry_of"], after, _failed(spec, after))


def _failed(spec: Spec, after: str) -> Iterator[Target]:
    results = failed(spec["retry_of"], spec.get("reason", ""))
    restores = any(job.is_reversal for job in Job.objects.filter(pk=spec["retry_of"]))
    for chunk in _chunks(uuid.UUID(spec["retry_of"]), after, results__in=results):
        known, earlier = of_chunk(chunk.pk, given=True), of_chunk(chunk.pk)
        if restores:
            _require_all(chunk.job_id)
        for id in results.filter(chunk=chunk).order_by("idx").values_list("item_id", flat=True):
            yield Target(id, known.get(id), earlier.get(id))


def _behind(job_id: uuid.UUID | str, after: str, targets: Iterator[Target]) -> Iterator[Target]:
    if after and not any(target.id == after for target in targets):  # takes those up to it
        raise _lost(job_id)
    return targets


def _lost(job_id: uuid.UUID | str) -> WrongScope:
    """Images go when their time is over, even while a job is prepared from them: it must not end short."""
    return WrongScope(
        f"What job {job_id} kept was removed before all of its targets were found. Nothing was changed."
    )


def _chunks(job_id: uuid.UUID, after: str, **with_any: object) -> Iterator[Chunk]:
    """The job's chunks from that of the target `after` on."""
    chunks = Chunk.objects.filter(job_id=job_id)
    if after:
        likely = chunks.filter(ids__contains=json.dumps(after))  # letters of either case are alike to SQLite
        first = next((chunk.seq for chunk in likely if after in chunk.targets), None)
        if first is None:
            raise _lost(job_id)
        chunks = chunks.filter(seq__gte=first)
    for seq in list(chunks.filter(**with_any).order_by("seq").distinct().values_list("seq", flat=True)):
        yield Chunk.objects.get(job_id=job_id, seq=seq)


def _read(rows: QuerySet[BeforeImages]) -> Iterator[Kept]:
    for data in rows.values_list("data", flat=True).iterator():
        for id, before, after in json.loads(zlib.decompress(data)):
            yield id, Image(before, after)


def _pieces(images: Iterable[Kept]) -> Iterator[tuple[int, bytes]]:
    """How many, and the images, for one row after the other."""
    texts: list[str] = []
    size = 0
    for id, image in images:
        texts.append(json.dumps([id, image.before, image.after], separators=(",", ":")))
        size += len(texts[-1])
        if size >= PIECE:
            yield _piece(texts)
            texts, size = [], 0
    if texts:
        yield _piece(texts)


def _piece(texts: Sequence[str]) -> tuple[int, bytes]:
    return len(texts), zlib.compress(f"[{','.join(texts)}]".encode())
