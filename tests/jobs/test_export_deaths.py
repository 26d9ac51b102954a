"""Whoever dies while an export is made, its file has every row once; and it fits into little memory."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.test import Client
from django.utils import timezone

from c8yadmin.jobs import batches, engine
from c8yadmin.jobs.execution import batch_runs, claims
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.exports import exporting, parts
from c8yadmin.jobs.models import Chunk, ExportFile, Job
from c8yadmin.jobs.states import ChunkState, State
from tests.jobs.deaths import Killed, dies_at
from tests.jobs.exported import Devices, by_job, file_of
from tests.jobs.reading import figures
from tests.jobs.test_processes import environment, job, kill, manage, process, sandbox  # noqa: F401
from tests.processes import eventually
from tests.web.words import words

MOMENTS: dict[str, tuple[Any, str, int, bool]] = {
    "before it stores the first batch": (parts, "append", 1, False),
    "after it stored the first batch": (parts, "append", 1, True),
    "after it stored the third batch": (parts, "append", 3, True),
    "before it counts": (claims, "commit", 2, False),
    "after it counted": (claims, "commit", 2, True),
    "before it puts the parts together": (batches, "_claim", 1, False),
    "when it has just begun to do so": (batches, "_claim", 1, True),
    "in the middle of the file": (parts, "_stored", 1, True),
    "before the file is recorded": (exporting, "_record", 1, False),
    "after the file was recorded": (engine, "finish", 1, True),
    "before the job ends": (engine, "settle", 1, False),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_after_a_death_at_any_moment_the_file_is_exact(
    browser: Client, devices: Devices, no_workers: None, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    monkeypatch.setattr(batch_runs.BatchRun, "_size", 7)
    made = by_job(browser, "devices", "jsonl")
    engine.work(made.pk, "prepares")
    place, name, call, after = MOMENTS[moment]
    with monkeypatch.context() as dying:
        dying.setattr(place, name, dies_at(call, getattr(place, name), after=after))
        with pytest.raises(Killed):
            engine.work(made.pk, "dying")
    past = timezone.now() - timedelta(seconds=1)
    Chunk.objects.filter(state=ChunkState.LEASED).update(lease_until=past)
    Job.objects.filter(lease_until__isnull=False).update(lease_until=past)
    for _ in range(3):
        sweep()
        engine.work(made.pk, "survivor")
    assert figures(made) == {"state": "COMPLETED", "total": len(devices), "ok": len(devices)}
    rows = [json.loads(line)["id"] for line in file_of(browser, made).splitlines()]
    assert rows == sorted(devices, key=int)
    assert len(list(parts.home().glob("*.jsonl"))) <= 2  # what a dead worker left is removed later


def test_a_page_tells_that_the_file_is_put_together(
    browser: Client, no_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = by_job(browser, "users")
    engine.work(made.pk, "prepares")
    with monkeypatch.context() as dying:
        dying.setattr(exporting, "write", dies_at(1, exporting.write, after=False))
        with pytest.raises(Killed):
            engine.work(made.pk, "dying")
    assert "The file is being put together." in words(browser.get(f"/t/acme/jobs/{made.pk}/"))


def test_what_takes_longer_than_a_worker_may_pauses_with_a_hint(
    browser: Client, no_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_: Any) -> Any:
        raise SoftTimeLimitExceeded

    made = by_job(browser, "users", "xlsx")
    engine.work(made.pk, "w")
    monkeypatch.setattr(exporting, "write", too_slow)
    engine.work(made.pk, "w")
    made.refresh_from_db()
    assert (made.state, made.pause_reason) == ("PAUSED", "STORAGE")
    assert "Export CSV or JSON lines" in made.problem
    assert not list(parts.home().glob("*.xlsx"))


@pytest.fixture
def read(db: None, folder: Path) -> Callable[[str, int], Job]:
    """An export of which so many rows are read and none is put together."""

    def rows(format: str, n: int) -> Job:
        made = Job.objects.create(
            tenant="acme",
            owner="admin",
            action="inventory.export",
            params={"format": format},
            target_kind="devices",
            state=State.RUNNING,
            total=n,
            idem_key=str(n),
        )
        line = json.dumps(["1", "a name of some length", *["some value"] * 4, *[3] * 6]).encode()
        for seq in range(n // 500):
            ids = [str(10_000_000 + seq * 500 + i) for i in range(500)]
            done = {"n": 500, "cursor": 500, "ok": 500, "state": ChunkState.DONE, "token": 1}
            chunk = Chunk.objects.create(job=made, seq=seq, ids=json.dumps(ids), **done)
            parts.append(made.pk, f"{chunk.pk}-{1:09}", [(id, line) for id in ids])
        return made

    return rows


@pytest.mark.slow
@pytest.mark.parametrize("format", ["csv", "xlsx", "jsonl"])
def test_a_large_file_is_put_together_in_flat_memory(
    read: Callable[[str, int], Job], no_workers: None, format: str
) -> None:
    peaks = []
    for n in (1_000, 10_000):
        made = read(format, n)
        tracemalloc.start()
        batches.finish(made.pk)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert ExportFile.objects.get(job=made).rows == n
    assert peaks[1] < peaks[0] + 1_500_000
    assert peaks[1] < 8_000_000


@pytest.fixture
def tenant(tmp_path: Path, free_port: int) -> Iterator[dict[str, str]]:
    """A sandbox of 2,000 devices that is slow to answer; gives the C8Y_… variables of its admin."""
    with sandbox(tmp_path, free_port, devices=2000, latency=120) as admin:
        yield admin


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_processes_that_are_killed_leave_one_exact_file(
    environment: dict[str, str],  # noqa: F811
    tmp_path: Path,
) -> None:
    submit = ["submit", "inventory.export", "--query", "has(c8y_IsDevice)", "--param", "format=jsonl"]
    key = ["--idem-key", "0123456789abcdef0123456789abcdef"]
    stored = tmp_path / "data" / "exports"
    for _ in range(2):
        command = ["django", "job", *submit, *key, "--wait"]
        with process(command, environment, tmp_path / "killed.log") as working:
            before = lines(stored)
            eventually(lambda: lines(stored) > before + 300, 60)  # noqa: B023
            assert working.poll() is None
            kill(working)
    found = job(environment, *submit, *key, "--wait")
    assert (found["state"], found["total"], found["ok"]) == ("COMPLETED", 2000, 2000)
    file = tmp_path / "devices.jsonl"
    manage(environment, "job", "download", found["id"], "-o", str(file))
    rows = Counter(json.loads(line)["id"] for line in file.read_text().splitlines())
    assert len(rows) == 2000
    assert set(rows.values()) == {1}


def lines(folder: Path) -> int:
    """How many rows are stored in parts."""
    return sum(part.read_bytes().count(b"\n") for part in folder.glob("*.parts/*"))
