"""Exports on disk: part files while a job reads, one file when it is done, nothing when its time is over.

Every lease of a chunk appends to a file of its own, so that nobody ever writes behind a torn line; what a
lease stored and did not count is stored again by the next one, and the later one counts. A folder
belongs to one job. All files can be read by the console's own user alone.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import shutil
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from django.conf import settings

from c8yadmin.jobs.batches import CannotKeep, place
from c8yadmin.jobs.execution.items import Items
from c8yadmin.jobs.models import ExportFile, Job
from c8yadmin.jobs.states import TERMINAL, ItemState

log = logging.getLogger(__name__)
PARTS = ".parts"
GATHERED = "gathered"
OURS = re.compile(r"[0-9a-f]{32}\.(parts|csv|xlsx|jsonl)")
LEFT_ALONE = 3600  # seconds after its last change before a file counts as left behind


def home() -> Path:
    """The folder of all exports, made where there is none."""
    folder = Path(settings.EXPORT_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def folder_of(job_id: uuid.UUID) -> Path:
    """Where the parts of one job are."""
    return home() / f"{job_id.hex}{PARTS}"


@contextmanager
def storing() -> Iterator[None]:
    """What fails on the disk meanwhile becomes CannotKeep."""
    try:
        yield
    except OSError as error:
        raise CannotKeep(f"The export cannot be stored: {error.strerror or error}.") from error


def append(job_id: uuid.UUID, name: str, rows: Iterable[tuple[str, bytes]]) -> None:
    """Store `rows`, pairs of an id and one line of JSON, in the part `name` for good. Raises CannotKeep."""
    lines = b"".join(b"%s\t%s\n" % (json.dumps(id).encode(), line) for id, line in rows)
    with storing(), _private(scratch(job_id) / name, os.O_APPEND) as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def gather(job_id: uuid.UUID, rows: Iterable[tuple[str, bytes]]) -> Path:
    """Store `rows` for good before it is known which chunk they are of. Raises CannotKeep."""
    name = f"{GATHERED}-{secrets.token_hex(8)}"
    append(job_id, name, rows)
    return scratch(job_id) / name


def hand_over(gathered: Path, chunk_id: int) -> None:
    """Let a chunk begin with what was gathered, as if a lease before its first one had stored it.

    Raises CannotKeep; then the chunk is read one by one.
    """
    with storing():
        gathered.rename(gathered.with_name(place(chunk_id, 0)))


def stored(job_id: uuid.UUID, chunk_id: int) -> set[str]:
    """The targets whose rows the chunk began with."""
    first = folder_of(job_id) / place(chunk_id, 0)
    return set(_stored([first])) if first.exists() else set()


def _private(path: Path, how: int) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | how, 0o600), "wb")


def lines(job: Job) -> Iterator[bytes]:
    """The line of every target that was read, once and in the order of the job, chunk by chunk.

    Raises CannotKeep where one is missing: then parts were stored where this machine does not see them.
    """
    parts = _parts(folder_of(job.pk))
    done = Items(job, ItemState.OK)
    for chunk_id, n in done.sizes():
        stored = _stored(parts.get(str(chunk_id), ())) if n else {}
        for item in done.in_chunk(chunk_id) if n else ():
            try:
                yield stored[item.id]
            except KeyError:
                raise CannotKeep(
                    "Parts of the export are not here: all machines must share one folder for exports."
                ) from None


def _parts(folder: Path) -> dict[str, list[Path]]:
    """The part files by chunk, those of later leases behind."""
    found = defaultdict(list)
    for path in sorted(folder.iterdir()) if folder.exists() else ():
        found[path.name.partition("-")[0]].append(path)
    return found


def _stored(parts: Sequence[Path]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in parts:
        for line in part.read_bytes().splitlines(keepends=True):
            id, _, rest = line.partition(b"\t")
            if rest.endswith(b"\n"):  # else the worker died in the middle of it
                found[json.loads(id)] = rest[:-1]
    return found


def scratch(job_id: uuid.UUID) -> Path:
    """Where temporary files of one job may be; they go with its parts."""
    folder = folder_of(job_id)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def new_name(suffix: str) -> str:
    """A name that nobody guesses."""
    return f"{secrets.token_hex(16)}.{suffix}"


def create(name: str) -> IO[bytes]:
    """A new file of that name. Raises OSError."""
    return _private(home() / name, os.O_EXCL)


def remove(name: str) -> None:
    """Remove a file that was created, whether or not it is still there."""
    (home() / name).unlink(missing_ok=True)


def discard(job_id: uuid.UUID) -> None:
    """Remove the parts of a job."""
    shutil.rmtree(folder_of(job_id), ignore_errors=True)


def tidy(now: datetime) -> None:
    """Remove the files whose time is over, and what nobody will ask for: parts of ended jobs, and files that
    a worker left behind when it died. What cannot be removed now is tried again later."""
    try:
        _tidy(now)
    except OSError as error:
        log.warning("exports cannot be tidied: %s", error)


def _tidy(now: datetime) -> None:
    for over in ExportFile.objects.filter(expires_at__lte=now).exclude(name=""):
        remove(over.name)
        ExportFile.objects.filter(pk=over.pk).update(name="")
    folder = Path(settings.EXPORT_DIR)
    left = [path for path in folder.glob("*.*") if OURS.fullmatch(path.name) and _is_old(path, now)]
    jobs = {path: uuid.UUID(path.stem) for path in left if path.suffix == PARTS}
    ended = set(jobs.values()) - _under_way(jobs.values())
    for job_id in ended:
        discard(job_id)
    files = {path.name for path in left} - {path.name for path in jobs}
    for name in files.difference(ExportFile.objects.filter(name__in=files).values_list("name", flat=True)):
        remove(name)


def _under_way(jobs: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    found = Job.objects.filter(pk__in=list(jobs)).exclude(state__in=TERMINAL)
    return set(found.values_list("pk", flat=True))


def _is_old(path: Path, now: datetime) -> bool:
    try:
        return now.timestamp() - path.stat().st_mtime > LEFT_ALONE
    except FileNotFoundError:  # somebody else tidies, too
        return False
