"""Leases: who may write, and what happens to those who may not any more."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import circuit, claims, tallies
from c8yadmin.jobs.execution.attempts import NOT_NOW, Attempts, Gate
from c8yadmin.jobs.execution.claims import LeaseLost
from c8yadmin.jobs.execution.settlement import settle
from c8yadmin.jobs.models import Chunk, ItemResult, Job, TenantLimit
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.registry import Occasion, Outcome, find_action
from c8yadmin.jobs.states import State
from sdk import CumulocityClient
from tests.jobs.conftest import Ledger
from tests.jobs.deaths import Killed
from tests.jobs.reading import figures

MakeJob = Callable[..., Job]
OK = Outcome.ok()
NO_CLIENT = cast(CumulocityClient, None)


@pytest.fixture
def running(make_job: MakeJob, no_workers: None) -> Callable[..., Job]:
    """A prepared job that waits for workers: `running(1200)`."""

    def make(n: int, **order: object) -> Job:
        job = make_job(n, autostart=True, **order)
        assert engine.work(job.pk, "preparer")
        job.refresh_from_db()
        assert job.state == State.QUEUED
        return job

    return make


def expire(lease: claims.Lease) -> None:
    """As if the worker of `lease` had been silent for too long."""
    past = timezone.now() - timedelta(seconds=1)
    Chunk.objects.filter(pk=lease.chunk_id).update(lease_until=past)


def lease_of(job: Job, worker: str = "w") -> claims.Lease:
    lease = claims.claim(job.pk, worker)
    assert lease is not None
    return lease


def test_two_workers_never_lease_the_same_chunk(running: Callable[..., Job]) -> None:
    job = running(1000)
    first, second = lease_of(job, "a"), lease_of(job, "b")
    assert first.chunk_id != second.chunk_id
    assert claims.claim(job.pk, "c") is None


def test_a_silent_workers_chunk_goes_to_the_next_one(running: Callable[..., Job]) -> None:
    job = running(500)
    first = lease_of(job)
    assert claims.claim(job.pk, "b") is None
    expire(first)
    second = lease_of(job)
    assert (second.chunk_id, second.token) == (first.chunk_id, first.token + 1)


@pytest.mark.fault("F05")
def test_a_stale_writer_is_refused_and_changes_nothing(running: Callable[..., Job]) -> None:
    job = running(10)
    stale = lease_of(job)
    expire(stale)
    fresh = lease_of(job)
    with pytest.raises(LeaseLost):
        claims.commit(stale, [("1", OK), ("2", Outcome.failed("no"))], stale.ids[2:])
    assert not ItemResult.objects.exists()
    claims.commit(fresh, [(id, OK) for id in fresh.ids], [])
    settle(job.pk)
    assert figures(job) == {"state": "COMPLETED", "total": 10, "ok": 10}


def test_a_commit_that_is_sent_twice_counts_once(running: Callable[..., Job]) -> None:
    lease = lease_of(running(10))
    again = dataclasses.replace(lease)
    claims.commit(lease, [("1", OK)], lease.ids[1:])
    with pytest.raises(LeaseLost):
        claims.commit(again, [("1", OK)], again.ids[1:])
    assert tallies.counted(lease.job_id).ok == 1


def test_targets_that_finish_out_of_order_are_all_counted_at_once(running: Callable[..., Job]) -> None:
    job = running(5)
    lease = lease_of(job)
    claims.commit(lease, [("4", OK), ("2", Outcome.failed("no"))], ["1", "3", "5"])
    expire(lease)
    follower = lease_of(job)
    assert follower.ids[follower.cursor :] == ["1", "3", "5"]
    assert ItemResult.objects.get().item_id == "2"


def test_what_may_have_been_sent_is_in_doubt_for_the_next_worker(running: Callable[..., Job]) -> None:
    job = running(300)
    lease = lease_of(job)
    claims.commit(lease, [(id, OK) for id in lease.ids[:50]], lease.ids[50:])
    expire(lease)
    assert lease_of(job).doubt == 50 + claims.LOOKAHEAD


def test_a_released_chunk_leaves_nothing_in_doubt(running: Callable[..., Job]) -> None:
    job = running(300)
    lease = lease_of(job)
    claims.commit(lease, [(id, OK) for id in lease.ids[:50]], lease.ids[50:], release=True)
    follower = lease_of(job)
    assert (follower.cursor, follower.doubt) == (50, 50)


def test_a_released_chunk_leaves_in_doubt_what_ended_without_an_answer(running: Callable[..., Job]) -> None:
    job = running(300)
    lease = lease_of(job)
    claims.commit(lease, [(id, OK) for id in lease.ids[:50]], lease.ids[50:], doubt=3, release=True)
    follower = lease_of(job)
    assert (follower.cursor, follower.doubt) == (50, 53)


def test_a_tenant_never_has_more_leases_than_its_cap(running: Callable[..., Job]) -> None:
    jobs = [running(3000), running(3000)]
    TenantLimit.objects.update(max_leases=3)
    leases = [claims.claim(job.pk, "w") for job in jobs * 4]
    assert sum(lease is not None for lease in leases) == 3


def test_nobody_claims_while_the_tenant_wants_patience(running: Callable[..., Job]) -> None:
    job = running(10)
    circuit.hold("acme", 60, trouble=False)
    assert claims.claim(job.pk, "w") is None
    TenantLimit.objects.update(circuit_until=timezone.now() - timedelta(seconds=1))
    assert claims.claim(job.pk, "w") is not None


def test_a_shorter_hold_does_not_end_a_longer_one(running: Callable[..., Job]) -> None:
    running(1)
    circuit.hold("acme", 60, trouble=False)
    circuit.hold("acme", 1, trouble=False)
    until = TenantLimit.objects.get().circuit_until
    assert until is not None
    assert until > timezone.now() + timedelta(seconds=50)


@pytest.mark.parametrize("state", ["PAUSED", "CANCELING", "READY", "COMPLETED", "CANCELED"])
def test_only_a_running_job_is_claimed(running: Callable[..., Job], state: str) -> None:
    job = running(10)
    Job.objects.filter(pk=job.pk).update(state=state)
    assert claims.claim(job.pk, "w") is None


@pytest.mark.fault("F06")
def test_a_target_that_kills_every_worker_is_given_up_and_the_rest_goes_on(
    running: Callable[..., Job], ledger: Ledger
) -> None:
    job = running(30)
    attempts = 0

    def kills(_: str) -> Outcome:
        nonlocal attempts
        attempts += 1
        raise Killed

    ledger.deeds = {"17": kills}
    while settle(job.pk) not in ("COMPLETED", "COMPLETED_WITH_ERRORS"):
        try:
            engine.work(job.pk, "w")
        except Killed:
            Chunk.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert attempts <= 4
    assert figures(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 30, "ok": 29, "failed": 1}
    crash = ItemResult.objects.get()
    assert (crash.item_id, crash.error_code) == ("17", "worker_crash")


def test_workers_that_die_right_after_their_claim_convict_no_target(
    running: Callable[..., Job], ledger: Ledger
) -> None:
    job = running(30)
    for _ in range(20):
        expire(lease_of(job))
    engine.work(job.pk, "healthy")
    assert figures(job) == {"state": "COMPLETED", "total": 30, "ok": 30}
    assert set(ledger.done.values()) == {1}


def test_a_worker_that_fails_but_lives_gives_its_chunk_to_others(
    running: Callable[..., Job], ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = running(30)

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    for _ in range(6):
        with monkeypatch.context() as patch:
            patch.setattr(claims, "commit", broken)
            with pytest.raises(ZeroDivisionError):
                engine.work(job.pk, "broken")
        assert claims.claim(job.pk, "too early") is None
        Chunk.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    engine.work(job.pk, "healthy")
    assert figures(job) == {"state": "COMPLETED", "total": 30, "ok": 30}


POINTS = ["after the claim", "while sending", "before the commit", "after the commit"]


@pytest.mark.fault("F04")
@pytest.mark.parametrize("point", POINTS)
def test_a_worker_may_die_anywhere_and_the_accounts_stay_exact(
    running: Callable[..., Job], ledger: Ledger, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    job = running(700)
    ledger.deeds = {"13": lambda _: Outcome.failed("unlucky")}
    with monkeypatch.context() as dying:
        die_at(point, ledger, dying)
        with pytest.raises(Killed):
            engine.work(job.pk, "dying")
    ledger.deeds = {"13": lambda _: Outcome.failed("unlucky")}
    Chunk.objects.filter(state="R").update(lease_until=timezone.now() - timedelta(seconds=1))
    while not Job.objects.get(pk=job.pk).is_terminal:
        engine.work(job.pk, "survivor")
    assert figures(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 700, "ok": 699, "failed": 1}
    assert set(ledger.done) | {"13"} == {str(i) for i in range(1, 701)}
    redone = sum(ledger.done.values()) - len(ledger.done)
    assert redone <= claims.LOOKAHEAD


def die_at(point: str, ledger: Ledger, patch: pytest.MonkeyPatch) -> None:
    """Let the next worker die at this point of its second batch, or right after its claim."""
    claim, commit, commits = claims.claim, claims.commit, 0

    def claim_and_die(*args: object, **kwargs: object) -> None:
        claim(*args, **kwargs)  # type: ignore[arg-type]
        raise Killed

    def commit_and_die(*args: object, **kwargs: object) -> claims.Verdict:
        nonlocal commits
        commits += 1
        if commits == 3 and point == "before the commit":
            raise Killed
        verdict = commit(*args, **kwargs)  # type: ignore[arg-type]
        if commits == 3:
            raise Killed
        return verdict

    def die(_: str) -> Outcome:
        raise Killed

    if point == "after the claim":
        patch.setattr(claims, "claim", claim_and_die)
    elif point == "while sending":
        ledger.deeds["120"] = die
    else:
        patch.setattr(claims, "commit", commit_and_die)


def test_a_worker_whose_chunk_was_taken_over_sends_nothing_more(
    running: Callable[..., Job], ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = running(50)
    commit = claims.commit

    def taken_over(lease: claims.Lease, *args: Any, **kwargs: Any) -> claims.Verdict:
        expire(lease)
        lease_of(job, "successor")
        return commit(lease, *args, **kwargs)

    monkeypatch.setattr(claims, "commit", taken_over)
    engine.work(job.pk, "sleeper")  # its first target goes alone
    assert list(ledger.done) == ["1"]
    assert figures(job) == {"state": "RUNNING", "total": 50, "pending": 50}


@pytest.mark.fault("F05")
def test_a_worker_that_slept_through_its_lease_wakes_up_behind_a_shut_gate(ledger: Ledger) -> None:
    action = find_action("test.mark")
    assert action is not None
    awake, late = time.monotonic() + 60, time.monotonic() - 1
    occasion = Occasion("job", "admin", timezone.now())
    for fresh_until, sent in ((late, []), (awake, ["1"])):
        attempts = Attempts(action, {}, NO_CLIENT, Gate(fresh_until), [], occasion, existed=True, until=awake)
        assert (attempts("1", doubtful=False) == NOT_NOW) is not bool(sent)
        assert list(ledger.done) == sent


def test_more_wakeups_than_work_do_no_harm(running: Callable[..., Job], ledger: Ledger) -> None:
    job = running(20)
    for _ in range(10):
        engine.work(job.pk, "w")
    assert figures(job) == {"state": "COMPLETED", "total": 20, "ok": 20}
    assert set(ledger.done.values()) == {1}


def test_a_message_for_a_deleted_job_is_dropped(running: Callable[..., Job]) -> None:
    job = running(1)
    Job.objects.all().delete()
    assert engine.work(job.pk, "w") is False


def test_a_worker_that_does_not_know_the_parameters_leaves_the_job_to_others(
    running: Callable[..., Job], ledger: Ledger
) -> None:
    job = running(5)
    Job.objects.update(params_version=2)
    engine.work(job.pk, "old worker")
    assert not ledger.done
    assert figures(job) == {"state": "QUEUED", "total": 5, "pending": 5}


def test_a_late_commit_cannot_change_a_canceled_job(running: Callable[..., Job]) -> None:
    job = running(10)
    zombie = lease_of(job)
    control.cancel(job, "admin")
    assert figures(job) == {"state": "CANCELING", "total": 10, "pending": 10}
    expire(zombie)
    settle(job.pk)
    with pytest.raises(LeaseLost):
        claims.commit(zombie, [("1", OK)], zombie.ids[1:])
    assert figures(job) == {"state": "CANCELED", "total": 10, "canceled": 10}
