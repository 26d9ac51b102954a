"""Exports of what the tenant cannot be asked for by ids: the lists that name them are all they read."""

from __future__ import annotations

import errno
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import enumeration, preparation, slot
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.exports import parts
from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.states import ChunkState
from sdk.sandbox import Sandbox
from tests.jobs.deaths import Killed, dies_at
from tests.jobs.exported import by_job, file_of, table
from tests.jobs.reading import figures


@pytest.fixture
def asked(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that the tenant is asked for."""
    found: list[str] = []
    striking = sandbox.faults.striking

    def noted(method: str, path: str, tenant: str, user: str) -> Any:
        found.append(path)
        return striking(method, path, tenant, user)

    monkeypatch.setattr(sandbox.faults, "striking", noted)
    sandbox.faults.add("/nowhere")  # without any fault nobody asks for one
    return found


@pytest.fixture
def alarms(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the tenant's alarms, as it lists them; three of them are a chunk."""
    monkeypatch.setattr(enumeration, "CHUNK_SIZE", 3)
    return [alarm["id"] for alarm in sandbox.tenant("acme").alarms.newest()]


def over(job: Job) -> Job:
    """The job at its end, whoever died before."""
    for _ in range(50):
        past = timezone.now() - timedelta(seconds=1)
        Chunk.objects.filter(state=ChunkState.LEASED).update(lease_until=past)
        Job.objects.filter(lease_until__isnull=False).update(lease_until=past)
        sweep()
        engine.work(job.pk, "survivor")
        job.refresh_from_db()
        if job.is_terminal:
            return job
    raise AssertionError(f"still {job.state}: {job.problem}")


@pytest.mark.parametrize(
    ("target", "path"),
    [("alarms", "/alarm/alarms"), ("operations", "/devicecontrol/operations"), ("users", "/user/acme/users")],
)
def test_their_objects_are_not_read_one_by_one(
    browser: Client, asked: list[str], target: str, path: str
) -> None:
    assert figures(by_job(browser, target))["state"] == "COMPLETED"
    assert [one for one in asked if one.startswith(f"{path}/") and not one.endswith("/count")] == []


MOMENTS: dict[str, tuple[Any, str, int, bool]] = {
    "before it stores the first rows": (parts, "append", 1, False),
    "after it stored the first rows": (parts, "append", 1, True),
    "before it freezes the second": (preparation.Preparation, "_create", 2, False),
    "before it hands the second over": (parts, "hand_over", 2, False),
    "after it handed the second over": (parts, "hand_over", 2, True),
    "after it froze the second": (preparation.Preparation, "write", 2, True),
    "before it is ready": (preparation, "_ready", 1, False),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_after_a_death_at_any_moment_every_row_is_there_once(
    browser: Client, alarms: list[str], no_workers: None, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    made = by_job(browser, "alarms", "jsonl")
    place, name, call, after = MOMENTS[moment]
    with monkeypatch.context() as dying:
        dying.setattr(place, name, dies_at(call, getattr(place, name), after=after))
        with pytest.raises(Killed):
            engine.work(made.pk, "dying")
    over(made)
    assert figures(made) == {"state": "COMPLETED", "total": len(alarms), "ok": len(alarms)}
    assert [json.loads(line)["id"] for line in file_of(browser, made).splitlines()] == alarms


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_at_its_end_is_repeated_with_all_its_rows(
    browser: Client, alarms: list[str], asked: list[str], no_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = by_job(browser, "alarms", "jsonl")
    commit, failed = BaseDatabaseWrapper.commit, list[int]()

    def disconnected(self: BaseDatabaseWrapper) -> None:
        if not failed and Chunk.objects.filter(job=made).count() == 2:
            failed.append(2)
            raise OperationalError("the connection is lost")
        commit(self)

    monkeypatch.setattr(BaseDatabaseWrapper, "commit", disconnected)
    engine.work(made.pk, "w")
    over(made)
    assert failed
    assert [json.loads(line)["id"] for line in file_of(browser, made).splitlines()] == alarms
    assert [one for one in asked if one.startswith("/alarm/alarms/") and one[-1].isdigit()] == []


def test_rows_that_cannot_be_handed_over_make_the_export_wait(
    browser: Client, alarms: list[str], no_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = by_job(browser, "alarms", "jsonl")

    def refused(self: Path, target: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as trouble:
        trouble.setattr(Path, "rename", refused)
        engine.work(made.pk, "w")
    made.refresh_from_db()
    assert (made.state, made.pause_reason) == ("PAUSED", "STORAGE")
    assert made.problem == "The export cannot be stored: Read-only file system."
    browser.post(f"/t/acme/jobs/{made.pk}/resume/")
    over(made)
    assert [json.loads(line)["id"] for line in file_of(browser, made).splitlines()] == alarms


def test_rows_that_are_there_already_do_not_prove_a_sign_in(
    browser: Client, alarms: list[str], no_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = by_job(browser, "alarms")
    turns, end = list[slot.Turn](), slot._end
    monkeypatch.setattr(slot, "_end", lambda turn: turns.append(turn) or end(turn))
    over(made)
    assert figures(made)["ok"] == len(alarms)
    assert [turn.answered for turn in turns] == [False]


def test_rows_that_are_lost_are_read_again(
    browser: Client, alarms: list[str], asked: list[str], folder: Path, no_workers: None
) -> None:
    made = by_job(browser, "alarms")
    engine.work(made.pk, "w")
    chunks = list(Chunk.objects.filter(job=made).order_by("seq"))
    (parts.folder_of(made.pk) / f"{chunks[0].pk}-{0:09}").unlink()
    torn = parts.folder_of(made.pk) / f"{chunks[1].pk}-{0:09}"
    torn.write_bytes(torn.read_bytes()[:-5])
    over(made)
    assert [row["id"] for row in table(file_of(browser, made))] == alarms
    assert len([one for one in asked if one.startswith("/alarm/alarms/") and one[-1].isdigit()]) == 4


def test_without_room_for_rows_the_export_waits(
    browser: Client, alarms: list[str], folder: Path, no_workers: None
) -> None:
    made = by_job(browser, "alarms")
    folder.mkdir()
    parts.folder_of(made.pk).touch()  # a file where the folder should be: nothing can be stored
    engine.work(made.pk, "w")
    made.refresh_from_db()
    assert (made.state, made.pause_reason) == ("PAUSED", "STORAGE")
    assert "The export cannot be stored" in made.problem
    parts.folder_of(made.pk).unlink()
    browser.post(f"/t/acme/jobs/{made.pk}/resume/")
    over(made)
    assert [row["id"] for row in table(file_of(browser, made))] == alarms


def test_what_is_to_be_exported_later_is_read_then(
    browser: Client, alarms: list[str], sandbox: Sandbox, no_workers: None
) -> None:
    later = timezone.now() + timedelta(hours=1)
    made = by_job(browser, "alarms")
    Job.objects.filter(pk=made.pk).update(scheduled_at=later)
    engine.work(made.pk, "w")
    sandbox.tenant("acme").alarms.newest()[0]["text"] = "Changed since"
    Job.objects.filter(pk=made.pk).update(scheduled_at=timezone.now())
    over(made)
    assert "Changed since" in {row["text"] for row in table(file_of(browser, made))}


def test_selected_rows_are_read_by_their_ids(browser: Client, alarms: list[str], no_workers: None) -> None:
    made = by_job(browser, "alarms", id=alarms[:3])
    over(made)
    assert [row["id"] for row in table(file_of(browser, made))] == alarms[:3]


@pytest.mark.parametrize("format", ["csv", "jsonl"])
@pytest.mark.parametrize("target", ["alarms", "operations"])
def test_what_comes_by_time_is_read_in_turns(
    browser: Client, sandbox: Sandbox, settings: Any, asked: list[str], target: str, format: str, alarms: Any
) -> None:
    settings.JOBS_SLOT_SECONDS = 20.0
    whole = file_of(browser, by_job(browser, target, format))
    settings.JOBS_SLOT_SECONDS = 0.0
    asked.clear()
    made = by_job(browser, target, format)  # nobody works on it in turns of no length, but it is prepared
    assert len([path for path in asked if path.endswith(f"/{target}")]) > 2
    settings.JOBS_SLOT_SECONDS = 20.0
    over(made)
    assert file_of(browser, made) == whole


def test_rows_of_one_moment_are_not_lost_between_two_turns(
    browser: Client, sandbox: Sandbox, settings: Any, alarms: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = sandbox.tenant("acme")
    for id in alarms:
        tenant.alarms.put(tenant.alarms.get(id) | {"time": "2026-11-20T10:00:00.000Z"})
    settings.JOBS_SLOT_SECONDS = 0.0
    made = by_job(browser, "alarms", "jsonl")
    settings.JOBS_SLOT_SECONDS = 20.0
    over(made)
    rows = [json.loads(line)["id"] for line in file_of(browser, made).splitlines()]
    assert sorted(rows) == sorted(alarms)


def test_a_list_that_does_not_keep_its_order_is_begun_anew_after_a_death(
    browser: Client, alarms: list[str], no_workers: None, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = by_job(browser, "alarms", "jsonl")
    with monkeypatch.context() as dying:
        dying.setattr("sdk.model.query.Chronology.keeps", lambda self, time, before: False)
        dying.setattr(preparation.Preparation, "write", dies_at(2, preparation.Preparation.write, after=True))
        with pytest.raises(Killed):
            engine.work(made.pk, "dying")
    assert Job.objects.get(pk=made.pk).prepare_cursor == ""
    over(made)
    assert [json.loads(line)["id"] for line in file_of(browser, made).splitlines()] == alarms
