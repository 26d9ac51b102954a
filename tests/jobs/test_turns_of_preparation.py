"""Targets are found in turns, so that who has a million of them keeps no worker from others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from c8yadmin.accounts.credentials import Credential
from c8yadmin.core.tenants import find
from c8yadmin.jobs import engine, registry
from c8yadmin.jobs.execution import enumeration, fairness, preparation
from c8yadmin.jobs.execution.differences import frozen
from c8yadmin.jobs.models import Chunk, Job, TenantLimit
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.orders.submission import Order, submit
from c8yadmin.jobs.registry import Ask, Batch, Outcome, find_action
from c8yadmin.jobs.states import State
from tests.jobs.conftest import Ids, Ledger
from tests.jobs.deaths import Killed, dies_at
from tests.jobs.reading import figures

MakeJob = Callable[..., Job]
LISTED: Any = {"filter": ""}


def everything(ledger: Ledger, n: int) -> None:
    ledger.matching = [str(i) for i in range(1, n + 1)]


@pytest.fixture
def short_turns(settings: Any) -> None:
    """A turn is over after its first portion of targets."""
    settings.JOBS_SLOT_SECONDS = 0.0


@pytest.fixture
def slow_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list takes a millisecond for each target, and who keeps at it looks often whether others wait."""
    monkeypatch.setattr(fairness, "QUANTUM", 0.1)
    monkeypatch.setattr(fairness, "LOOK", 0.05)
    monkeypatch.setattr(enumeration, "CHUNK_SIZE", 10)
    listed = Ids.ids

    def slowly(self: Ids, after: str | None = None) -> Iterator[str]:
        for id in listed(self, after):
            time.sleep(0.001)
            yield id

    monkeypatch.setattr(Ids, "ids", slowly)


@pytest.fixture
def small_job(credential: Credential) -> Callable[[], Job]:
    """Submits a job on two things of another tenant."""

    def make() -> Job:
        tenant, action = find("globex"), find_action("test.mark")
        assert tenant is not None
        assert action is not None
        params, spec = {"mark": "x"}, {"ids": ["900", "901"]}
        return submit(Order(tenant, credential, "admin", action, params, spec, autostart=True))

    return make


def turns(job: Job) -> int:
    """How many turns it takes until the job is prepared."""
    for n in range(1, 50):
        engine.work(job.pk, f"worker {n}")
        job.refresh_from_db()
        if job.standing is not State.PREPARING:
            return n
    raise AssertionError(f"still {job.state}: {job.problem}")


def test_a_small_job_is_done_while_two_large_ones_are_being_prepared(
    make_job: MakeJob, ledger: Ledger, slow_lists: None, no_workers: None, small_job: Callable[[], Job]
) -> None:
    everything(ledger, 2000)
    large = [make_job(spec=LISTED), make_job(spec=LISTED)]
    for job in large:
        engine.serve(job.pk, "one of two workers")
    small, served = small_job(), 0
    while figures(small)["state"] != "COMPLETED":
        engine.serve(large[served % 2].pk, "one of two workers")  # whosever message it is
        served += 1
        assert served <= 4
    assert {figures(job)["state"] for job in large} == {"PREPARING"}
    assert all(0 < figures(job)["total"] < 2000 for job in large)
    for job in large:
        turns(job)
        assert figures(job) == {"state": "READY", "total": 2000, "pending": 2000}
        assert frozen(job, 0, 2000) == ledger.matching


def test_a_lone_preparation_keeps_its_worker_to_the_end_of_its_turn(
    make_job: MakeJob, ledger: Ledger, no_workers: None
) -> None:
    everything(ledger, 3000)
    assert turns(make_job(spec=LISTED)) == 1


def test_jobs_that_are_prepared_take_none_of_their_tenants_slots(
    make_job: MakeJob, ledger: Ledger, no_workers: None
) -> None:
    TenantLimit.objects.create(tenant="acme", max_leases=1)
    everything(ledger, 1000)
    ready = make_job(5, autostart=True)
    engine.work(ready.pk, "w")
    make_job(spec=LISTED)
    Job.objects.filter(state=State.PREPARING).update(lease_until=timezone.now() + timedelta(minutes=1))
    engine.serve(ready.pk, "w")
    assert figures(ready)["state"] == "COMPLETED"


def test_a_listing_is_gone_on_with_where_the_last_turn_stopped(
    make_job: MakeJob, ledger: Ledger, no_workers: None, short_turns: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    listed = Ids.ids
    monkeypatch.setattr(Ids, "ids", lambda self, after=None: asked.append(after) or listed(self, after))
    everything(ledger, 1200)
    job = make_job(spec=LISTED)
    assert turns(job) == 4
    assert asked == [None, "500", "1000", "1200"]
    assert figures(job) == {"state": "READY", "total": 1200, "pending": 1200}


def test_what_cannot_be_listed_from_a_place_on_is_listed_in_one_turn(
    make_job: MakeJob, ledger: Ledger, no_workers: None, short_turns: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ids, "by_id", False)
    ledger.matching = [str(i) for i in range(1200, 0, -1)] * 2
    job = make_job(spec=LISTED)
    assert turns(job) == 1
    assert figures(job)["total"] == 1200


def test_named_targets_come_once_however_often_they_were_named(
    make_job: MakeJob, ledger: Ledger, no_workers: None, short_turns: None
) -> None:
    ids = [str(i) for i in range(1, 1301)]
    job = make_job(ids=[id for one in ids for id in (one, one, "7")])
    assert turns(job) == 4
    assert sorted(frozen(job, 0, 9999), key=int) == ids


def test_a_retry_takes_over_every_failed_target_in_turns(
    make_job: MakeJob, ledger: Ledger, no_workers: None, settings: Any
) -> None:
    ledger.deeds = {"*": lambda id: Outcome.failed("no") if int(id) % 2 else Outcome.ok()}
    first = make_job(2600, autostart=True, settings={"abort_percent": 100, "parallel": 1})
    for _ in range(3):
        engine.work(first.pk, "w")
    assert figures(first)["failed"] == 1300
    settings.JOBS_SLOT_SECONDS = 0.0
    retry = make_job(spec={"retry_of": str(first.pk)})
    assert turns(retry) == 4
    assert frozen(retry, 0, 9999) == [str(i) for i in range(1, 2600, 2)]


def test_a_million_targets_survive_trouble_that_lies_behind_them(
    make_job: MakeJob, ledger: Ledger, no_workers: None, short_turns: None
) -> None:
    everything(ledger, 2500)
    job = make_job(spec=LISTED)
    for _ in range(4):
        Job.objects.filter(pk=job.pk).update(prepare_attempts=preparation.ATTEMPTS - 1)
        engine.work(job.pk, "w")
    assert figures(job)["state"] == "PREPARING"
    assert Job.objects.get(pk=job.pk).prepare_attempts == 0


@pytest.mark.parametrize("stop", [control.pause, control.cancel])
def test_a_job_that_is_stopped_between_two_turns_stays_so(
    make_job: MakeJob, ledger: Ledger, no_workers: None, short_turns: None, stop: Callable[[Job, str], None]
) -> None:
    everything(ledger, 1200)
    job = make_job(spec=LISTED)
    engine.work(job.pk, "w")
    stop(job, "admin")
    assert not engine.work(job.pk, "w")
    assert figures(job)["total"] == 500


MOMENTS: dict[str, tuple[object, str, int, bool]] = {
    "before it claims": (preparation, "_claim", 1, False),
    "after it claimed": (preparation, "_claim", 1, True),
    "before it freezes the first": (preparation.Preparation, "_create", 1, False),
    "while it freezes the first": (preparation.Preparation, "_create", 1, True),
    "after it froze the first": (preparation.Preparation, "write", 1, True),
    "before it gives way": (preparation.Preparation, "write", 2, False),
    "after it gave way": (preparation.Preparation, "write", 2, True),
    "before it wakes the next": (engine, "dispatch", 1, False),
    "while it freezes the second": (preparation.Preparation, "_create", 2, True),
    "before it looks at a sample": (preparation, "_preview", 1, False),
    "before it is ready": (preparation, "_ready", 1, False),
    "after it is ready": (preparation, "_ready", 1, True),
}


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.fault("F04")
def test_after_a_death_at_any_moment_every_target_is_frozen_once(
    make_job: MakeJob,
    ledger: Ledger,
    no_workers: None,
    short_turns: None,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    ordered: bool,
) -> None:
    monkeypatch.setattr(Ids, "by_id", ordered)
    everything(ledger, 1200)
    job = make_job(spec=LISTED)
    place, name, call, after = MOMENTS[moment]
    with monkeypatch.context() as dying:
        dying.setattr(place, name, dies_at(call, getattr(place, name), after=after))
        # What comes in no order is found in one turn, where nobody gives way.
        with pytest.raises(Killed) if ordered else suppress(Killed):
            turns(job)
    Job.objects.filter(state=State.PREPARING).update(lease_until=timezone.now() - timedelta(seconds=1))
    if Job.objects.get(pk=job.pk).standing is State.PREPARING:
        turns(job)
    assert figures(job) == {"state": "READY", "total": 1200, "pending": 1200}
    assert frozen(job, 0, 9999) == ledger.matching
    assert list(Chunk.objects.order_by("seq").values_list("seq", flat=True)) == [0, 1, 2]


def test_targets_of_the_consoles_own_are_found_in_turns(
    make_job: MakeJob, ledger: Ledger, no_workers: None, short_turns: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str | None] = []
    judged: set[int] = set()

    def source(name: str, ask: Ask, after: str | None) -> Iterator[Batch]:
        told.append(after)
        for first in range(0, 1500, 300):
            fit = range(first, first + 300) if first else range(0)  # the first ones are no targets
            if first in judged:
                yield Batch([str(i) for i in fit if i > int(after or 0)])
            else:
                yield Batch([str(i) for i in fit], lambda first=first: judged.add(first))  # type: ignore[misc]

    things = replace(registry._registry.targets["things"], source=source)
    monkeypatch.setitem(registry._registry.targets, "things", things)
    job = make_job(spec={"source": "shelf", "words": "of the shelf"})
    assert turns(job) == 7
    assert told == [None, "", "", "799", "799", "1299", "1499"]
    assert frozen(job, 0, 9999) == [str(i) for i in range(300, 1500)]
