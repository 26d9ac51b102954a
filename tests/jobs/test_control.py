"""Pause, resume, cancel, retry: alone, twice, and against a worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from c8yadmin.accounts.credentials import Credential, Secret
from c8yadmin.core.tenants import find
from c8yadmin.jobs import engine
from c8yadmin.jobs.authority import credentials
from c8yadmin.jobs.execution import claims
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.execution.transitions import NotAllowed, move
from c8yadmin.jobs.models import Chunk, ItemResult, Job, JobCredential
from c8yadmin.jobs.orders import control, submission
from c8yadmin.jobs.registry import Outcome
from c8yadmin.jobs.states import PauseReason, State
from tests.jobs.conftest import Ledger
from tests.jobs.reading import figures, steps

MakeJob = Callable[..., Job]


@pytest.fixture
def running(make_job: MakeJob, no_workers: None) -> Callable[..., Job]:
    def make(n: int) -> Job:
        job = make_job(n, autostart=True)
        engine.work(job.pk, "preparer")
        job.refresh_from_db()
        return job

    return make


def between(commits: int, act: Callable[[], None], patch: pytest.MonkeyPatch) -> None:
    """Let somebody act right before the worker's n-th commit, in whose thread the database is at hand."""
    commit, seen = claims.commit, 0

    def acting(*args: object, **kwargs: object) -> claims.Verdict:
        nonlocal seen
        seen += 1
        if seen == commits:
            act()
        return commit(*args, **kwargs)  # type: ignore[arg-type]

    patch.setattr(claims, "commit", acting)


@pytest.mark.fault("F21")
def test_a_paused_job_stops_within_a_batch_and_goes_on_where_it_stopped(
    running: Callable[..., Job], ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = running(700)
    with monkeypatch.context() as patch:
        between(2, lambda: control.pause(job, "admin"), patch)
        engine.work(job.pk, "w")
    done = len(ledger.done)
    assert done <= 2 * claims.LOOKAHEAD
    assert figures(job) == {"state": "PAUSED", "total": 700, "ok": done, "pending": 700 - done}
    assert engine.work(job.pk, "w") is False
    assert len(ledger.done) == done

    control.resume(job, "admin")
    while not Job.objects.get(pk=job.pk).is_terminal:
        engine.work(job.pk, "w")
    assert figures(job) == {"state": "COMPLETED", "total": 700, "ok": 700}
    assert set(ledger.done.values()) == {1}


@pytest.mark.fault("F22")
def test_a_canceled_job_stops_within_a_batch_and_counts_the_rest(
    running: Callable[..., Job], ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = running(700)
    with monkeypatch.context() as patch:
        between(2, lambda: control.cancel(job, "admin"), patch)
        engine.work(job.pk, "w")
    done = len(ledger.done)
    assert done <= 2 * claims.LOOKAHEAD
    assert figures(job) == {"state": "CANCELED", "total": 700, "ok": done, "canceled": 700 - done}
    assert not JobCredential.objects.exists()


def reached(state: str, make_job: MakeJob) -> Job:
    """A job of ten targets that has come to this state, and that nobody works at just now."""
    settings = {"scheduled_at": timezone.now() + timedelta(hours=1)} if state == "SCHEDULED" else {}
    job = make_job(10, autostart=state != "READY", settings=settings)
    if state != "PREPARING":
        engine.work(job.pk, "preparer")
    if state == "RUNNING":
        lease = claims.claim(job.pk, "w")
        assert lease is not None
        claims.give_back(lease, 0)
    if state == "PAUSED":
        control.pause(job, "admin")
    job.refresh_from_db()
    assert job.state == state
    return job


@pytest.mark.fault("F22")
@pytest.mark.parametrize("state", ["PREPARING", "READY", "SCHEDULED", "QUEUED", "RUNNING", "PAUSED"])
def test_a_job_is_canceled_in_whatever_state(make_job: MakeJob, no_workers: None, state: str) -> None:
    job = reached(state, make_job)
    control.cancel(job, "admin")
    found = figures(job)
    assert found["state"] == "CANCELED"
    assert found.get("canceled", 0) == found["total"] == (0 if state == "PREPARING" else 10)
    with pytest.raises(NotAllowed, match="canceled"):
        control.cancel(job, "admin")


@pytest.mark.fault("F22")
def test_cancel_and_the_last_commit_meet_in_one_end(
    running: Callable[..., Job], ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for commits in (1, 2):
        job = running(2)
        with monkeypatch.context() as patch:
            between(commits, lambda job=job: control.cancel(job, "admin"), patch)  # type: ignore[misc]
            engine.work(job.pk, "w")
        assert Job.objects.get(pk=job.pk).is_terminal
        assert len([step for step in steps(job) if step in ("COMPLETED", "CANCELED")]) == 1


def test_what_is_not_paused_is_not_resumed_past_its_confirmation(make_job: MakeJob, no_workers: None) -> None:
    job = make_job(2)
    engine.work(job.pk, "w")
    with pytest.raises(NotAllowed, match="ready"):
        control.resume(job, "admin")
    assert Job.objects.get().state == State.READY


def test_a_step_that_somebody_else_took_first_is_refused(running: Callable[..., Job]) -> None:
    job = running(5)
    control.pause(job, "a")
    with pytest.raises(NotAllowed, match="paused"):
        control.pause(job, "b")
    control.resume(job, "a")
    with pytest.raises(NotAllowed, match="queued"):
        control.resume(job, "b")
    assert job.events.filter(after="PAUSED").count() == 1


def test_a_refused_step_leaves_no_trace(running: Callable[..., Job]) -> None:
    job = running(5)
    before = (steps(job), Job.objects.values().get())
    with pytest.raises(NotAllowed):
        move(job.pk, State.READY)
    assert (steps(job), Job.objects.values().get()) == before


@pytest.mark.fault("F21")
def test_a_job_paused_while_it_is_prepared_goes_on_preparing(make_job: MakeJob, no_workers: None) -> None:
    job = make_job(5)
    control.pause(job, "admin")
    assert engine.work(job.pk, "w") is False
    control.resume(job, "admin")
    job.refresh_from_db()
    assert job.state == State.PREPARING
    engine.work(job.pk, "w")
    assert figures(job) == {"state": "READY", "total": 5, "pending": 5}


def test_all_done_while_paused_completes_when_resumed(
    running: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = running(3)
    with monkeypatch.context() as patch:
        between(2, lambda: control.pause(job, "admin"), patch)
        engine.work(job.pk, "w")
    assert figures(job) == {"state": "PAUSED", "total": 3, "ok": 3}
    control.resume(job, "admin")
    sweep()
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}


@pytest.mark.fault("F31")
def test_only_what_failed_is_retried_by_a_job_of_its_own(
    make_job: MakeJob, ledger: Ledger, credential: Credential
) -> None:
    ledger.deeds = {"2": lambda _: Outcome.failed("no"), "4": lambda _: Outcome.unknown("?")}
    job = make_job(6, autostart=True)
    job.refresh_from_db()
    ledger.deeds = {"4": lambda _: Outcome.failed("still not")}
    acme = find("acme")
    assert acme is not None
    again = submission.retry(job, acme, credential, "admin", autostart=True)
    assert figures(again) == {"state": "COMPLETED_WITH_ERRORS", "total": 2, "ok": 1, "failed": 1}
    assert again.parent == job
    assert ledger.done == {"1": 1, "2": 2, "3": 1, "4": 2, "5": 1, "6": 1}
    again.refresh_from_db()
    third = submission.retry(again, acme, credential, "admin", autostart=True)
    assert figures(third) == {"state": "COMPLETED_WITH_ERRORS", "total": 1, "failed": 1}
    assert figures(job)["state"] == "COMPLETED_WITH_ERRORS"


@pytest.mark.fault("F31")
def test_a_job_without_failures_or_without_end_is_not_retried(
    running: Callable[..., Job], credential: Credential
) -> None:
    job = running(2)
    acme = find("acme")
    assert acme is not None
    with pytest.raises(submission.NothingToRetry, match="not over"):
        submission.retry(job, acme, credential, "admin")
    engine.work(job.pk, "w")
    job.refresh_from_db()
    with pytest.raises(submission.NothingToRetry, match="Nothing failed"):
        submission.retry(job, acme, credential, "admin")


def test_without_a_sign_in_the_job_waits_for_its_owner(running: Callable[..., Job], ledger: Ledger) -> None:
    job = running(5)
    JobCredential.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    engine.work(job.pk, "w")
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == (State.PAUSED, PauseReason.NEEDS_AUTH)
    assert not ledger.done
    control.resume(job, "admin", Credential("basic", "acme", "admin", Secret("new")))
    engine.work(job.pk, "w")
    assert figures(job) == {"state": "COMPLETED", "total": 5, "ok": 5}


def test_a_credential_of_another_job_is_not_taken(running: Callable[..., Job]) -> None:
    job, other = running(1), running(1)
    foreign = JobCredential.objects.get(job=other).ciphertext
    JobCredential.objects.filter(job=job).update(ciphertext=foreign)
    engine.work(job.pk, "w")
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == (State.PAUSED, PauseReason.NEEDS_AUTH)


def test_a_renewed_token_is_kept_but_does_not_outlive_the_job(running: Callable[..., Job]) -> None:
    job = running(1)
    credentials.keep(job, Credential("token", "acme", "admin", Secret("first-token")))
    credentials.renew(job, "fresh-token")
    kept = credentials.unlock(job)
    assert kept is not None
    assert (kept.kind, kept.secret.reveal()) == ("token", "fresh-token")
    engine.work(job.pk, "w")
    credentials.renew(job, "fresher-token")
    assert not JobCredential.objects.exists()


def test_the_sweeper_wakes_pauses_and_ends_what_messages_forgot(running: Callable[..., Job]) -> None:
    dead, expired, done = running(3), running(3), running(3)
    lease = claims.claim(dead.pk, "w")
    assert lease is not None
    control.cancel(dead, "admin")
    Chunk.objects.filter(job=dead).update(lease_until=timezone.now() - timedelta(seconds=1))
    JobCredential.objects.filter(job=expired).update(expires_at=timezone.now() - timedelta(seconds=1))
    last = claims.claim(done.pk, "w")
    assert last is not None
    claims.commit(last, [(id, Outcome.ok()) for id in last.ids], [])
    sweep()
    sweep()
    assert [figures(job)["state"] for job in (dead, expired, done)] == ["CANCELED", "PAUSED", "COMPLETED"]


def test_a_job_for_later_starts_in_time_or_not_at_all(make_job: MakeJob, ledger: Ledger) -> None:
    soon = timezone.now() + timedelta(hours=1)
    jobs = [make_job(2, autostart=True, settings={"scheduled_at": soon}) for _ in range(2)]
    assert [figures(job)["state"] for job in jobs] == ["SCHEDULED", "SCHEDULED"]
    past = timezone.now() - timedelta(hours=1)
    Job.objects.update(scheduled_at=past)
    Job.objects.filter(pk=jobs[1].pk).update(not_after=past)
    sweep()
    assert [figures(job)["state"] for job in jobs] == ["COMPLETED", "PAUSED"]
    assert Job.objects.get(pk=jobs[1].pk).pause_reason == PauseReason.WINDOW_CLOSED


def test_the_same_key_gives_the_same_job(make_job: MakeJob) -> None:
    first = make_job(2, idem_key="k")
    assert make_job(2, idem_key="k").pk == first.pk
    with pytest.raises(submission.AnotherJob):
        make_job(3, idem_key="k")
    assert make_job(2, idem_key="k", owner="somebody else").pk != first.pk


def test_strange_characters_of_a_tenants_answer_are_kept_readable(make_job: MakeJob, ledger: Ledger) -> None:
    ledger.deeds = {"1": lambda _: Outcome.failed("a\0b\ud800c" + "x" * 600)}
    make_job(1, autostart=True)
    message = ItemResult.objects.get().message
    assert message.startswith("a\N{SYMBOL FOR NULL}b?c")
    assert len(message) == 500
