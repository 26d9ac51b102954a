"""Several connections at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Self

import pytest
from django.db import connections
from django.utils import timezone

from c8yadmin.core.request import Person
from c8yadmin.jobs import engine
from c8yadmin.jobs.authority import approvals
from c8yadmin.jobs.authority.approvals import NotApproved
from c8yadmin.jobs.execution import claims
from c8yadmin.jobs.execution.audit import audit, audit_job
from c8yadmin.jobs.execution.settlement import settle
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.execution.transitions import NotAllowed
from c8yadmin.jobs.models import Approval, Chunk, Job, TenantLimit
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.registry import Outcome
from c8yadmin.jobs.states import State
from tests.jobs.reading import figures, steps

MakeJob = Callable[..., Job]
pytestmark = pytest.mark.django_db(transaction=True)


class Crowd:
    """So many threads, each with a connection of its own, that act at the same moment again and again."""

    def __init__(self, size: int) -> None:
        self._start = threading.Barrier(size)
        self._pool = ThreadPoolExecutor(size)

    def __enter__(self) -> Self:
        return self

    def at_once(self, *works: Callable[[], Any]) -> list[Any]:
        """Run as many `works` as there are threads; gives results or refusals."""
        return list(self._pool.map(self._run, works))

    def _run(self, work: Callable[[], Any]) -> Any:
        self._start.wait()
        try:
            return work()
        except (NotAllowed, NotApproved) as refused:
            return refused

    def __exit__(self, *_: object) -> None:
        self.at_once(*[connections.close_all] * self._start.parties)
        self._pool.shutdown()


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all `works` at the same moment, each with a connection of its own; gives results or refusals."""
    with Crowd(len(works)) as crowd:
        return crowd.at_once(*works)


@pytest.fixture
def prepared(make_job: MakeJob, no_workers: None) -> Callable[[int], Job]:
    def make(n: int) -> Job:
        job = make_job(n, autostart=True)
        engine.work(job.pk, "preparer")
        job.refresh_from_db()
        return job

    return make


def test_claims_at_the_same_moment_never_exceed_the_cap_or_share_a_chunk(
    prepared: Callable[[int], Job],
) -> None:
    jobs = [prepared(5000), prepared(5000)]
    TenantLimit.objects.update(max_leases=3)
    leases = at_once(*(lambda job=job: claims.claim(job.pk, "w") for job in jobs * 5))
    held = [lease.chunk_id for lease in leases if lease]
    assert len(held) == len(set(held)) == 3


def test_two_takers_of_an_expired_lease_get_it_once(prepared: Callable[[int], Job]) -> None:
    job = prepared(10)
    for _ in range(10):
        Chunk.objects.update(state="R", lease_until=timezone.now() - timedelta(seconds=1), stuck=0)
        leases = at_once(*[lambda: claims.claim(job.pk, "w")] * 4)
        assert sum(lease is not None for lease in leases) == 1


def test_cancel_against_the_last_commit_ends_in_one_state_with_exact_counts(
    prepared: Callable[[int], Job],
) -> None:
    meet(prepared, 25)


@pytest.mark.slow
@pytest.mark.fault("F22")
def test_cancel_against_the_last_commit_a_thousand_times(prepared: Callable[[int], Job]) -> None:
    meet(prepared, 1000)
    assert list(audit()) == []


def meet(prepared: Callable[[int], Job], times: int) -> None:
    """So many times a worker's last commit and a user's cancel at the same moment."""
    with Crowd(2) as crowd:
        for _ in range(times):
            _meet(crowd, prepared(3))


def _meet(crowd: Crowd, job: Job) -> None:
    lease = claims.claim(job.pk, "w")
    assert lease is not None
    done: Sequence[tuple[str, Outcome]] = [(id, Outcome.ok()) for id in lease.ids]

    def finish() -> None:
        claims.commit(lease, done, [])
        settle(job.pk)

    crowd.at_once(finish, lambda: control.cancel(job, "admin"))
    settle(job.pk)
    found = figures(job)
    assert found in (
        {"state": "COMPLETED", "total": 3, "ok": 3},
        {"state": "CANCELED", "total": 3, "ok": 3},
    )
    assert steps(job).count(found["state"]) == 1


def test_only_one_of_many_equal_steps_is_taken(prepared: Callable[[int], Job]) -> None:
    job = prepared(10)
    answers = at_once(*[lambda: control.pause(Job.objects.get(pk=job.pk), "a")] * 5)
    assert sum(isinstance(answer, NotAllowed) for answer in answers) == 4
    assert steps(job).count("PAUSED") == 1


@pytest.mark.fault("F23", "F25")
def test_many_workers_and_sweepers_do_every_target_once(prepared: Callable[[int], Job], ledger: Any) -> None:
    job = prepared(3000)

    def work() -> None:
        while not Job.objects.get(pk=job.pk).is_terminal:
            engine.work(job.pk, threading.current_thread().name)

    at_once(work, work, work, work, sweep, sweep)
    assert figures(job) == {"state": "COMPLETED", "total": 3000, "ok": 3000}
    assert len(ledger.done) == 3000
    assert set(ledger.done.values()) == {1}


@pytest.fixture
def asking(make_job: MakeJob, no_workers: None, settings: Any) -> Callable[[], Job]:
    """A job of `admin` that waits for approval."""
    settings.APPROVAL = "all"

    def make() -> Job:
        job = make_job(2, autostart=True)
        engine.work(job.pk, "preparer")
        job.refresh_from_db()
        return job

    return make


def approval(job: Job, who: str) -> Callable[[], Any]:
    person = Person(who, who, frozenset({"ROLE_INVENTORY_ADMIN"}))
    seen = approvals.fingerprint(job.pk)
    return lambda: control.approve(Job.objects.get(pk=job.pk), person, seen, who)


def test_of_two_approvals_at_the_same_moment_one_counts(asking: Callable[[], Job]) -> None:
    for _ in range(10):
        job = asking()
        answers = at_once(approval(job, "bob"), approval(job, "carol"))
        assert sum(isinstance(answer, NotAllowed) for answer in answers) == 1
        winner = Approval.objects.get(job=job).approver
        assert [event.actor for event in job.events.filter(before="AWAITING_APPROVAL")] == [winner]
        assert not audit_job(job.pk)


def test_an_approval_against_a_cancelation_leaves_nothing_running(asking: Callable[[], Job]) -> None:
    for _ in range(15):
        job = asking()
        at_once(approval(job, "bob"), lambda job=job: control.cancel(Job.objects.get(pk=job.pk), "admin"))  # type: ignore[misc]
        assert figures(job)["state"] == "CANCELED"
        assert not audit_job(job.pk)


def test_an_approval_against_a_change_is_for_what_the_job_then_is(asking: Callable[[], Job]) -> None:
    for _ in range(15):
        job = asking()
        faster = lambda job=job: control.set_speed(job, "admin", rate=None, parallel=32)  # noqa: E731
        answers = at_once(approval(job, "bob"), faster)
        engine.work(job.pk, "w")
        found = Job.objects.get(pk=job.pk)
        if isinstance(answers[0], NotApproved):
            assert found.standing is State.AWAITING_APPROVAL
        else:  # approved first: the change made it void, before anything was sent
            assert (found.standing, found.started_at) == (State.AWAITING_APPROVAL, None)
