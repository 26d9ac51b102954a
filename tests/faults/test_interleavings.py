"""Whatever workers, sweepers and people do in whatever order, the invariants hold and the job can end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c8yadmin.jobs.execution import claims, tallies
from c8yadmin.jobs.execution.audit import audit_job
from c8yadmin.jobs.execution.claims import Lease, LeaseLost
from c8yadmin.jobs.execution.settlement import settle
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.execution.transitions import NotAllowed
from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.registry import Outcome
from tests.jobs.reading import figures

pytestmark = pytest.mark.django_db
OUTCOMES = [Outcome.ok(), Outcome.failed("no"), Outcome.skipped("gone"), Outcome.unknown("?")]
HOW = ("claim", "commit", "release", "give back", "freeze")
EVENTS = st.one_of(
    st.tuples(st.sampled_from(HOW), st.integers(0, 2), st.integers(0, 5)),
    st.tuples(st.sampled_from(("pause", "resume", "cancel", "sweep", "settle", "expire"))),
)


class Crew:
    """Three workers, who hold on to leases that may long be somebody else's."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.leases: dict[int, Lease] = {}

    def act(self, how: str, worker: int, n: int) -> None:
        if how == "claim":
            if lease := claims.claim(self.job.pk, f"w{worker}"):
                self.leases[worker] = lease
        elif lease := self.leases.get(worker):
            with contextlib.suppress(LeaseLost):
                self._write(how, lease, n)

    def _write(self, how: str, lease: Lease, n: int) -> None:
        if how == "give back":
            claims.give_back(lease, 0)
        elif how != "freeze" and not lease.is_over:
            rest = lease.ids[lease.cursor :]
            done = [(id, OUTCOMES[place % 4]) for place, id in enumerate(rest[:n], n)]
            claims.commit(lease, done, rest[n:], release=how == "release")


def step(job: Job, what: str) -> None:
    if what == "expire":
        Chunk.objects.filter(job=job, state="R").update(lease_until=timezone.now() - timedelta(seconds=1))
    elif what in ("sweep", "settle"):
        sweep() if what == "sweep" else settle(job.pk)
    else:
        with contextlib.suppress(NotAllowed):
            getattr(control, what)(job, "somebody")


@pytest.mark.fault("F39")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, max_size=30), stages=st.sampled_from([[], ["2", "60%"]]))
def test_the_invariants_hold_after_every_step(
    prepared: Callable[..., Job],
    monkeypatch: pytest.MonkeyPatch,
    events: list[tuple[str, ...]],
    stages: list[str],
) -> None:
    monkeypatch.setattr("c8yadmin.jobs.execution.enumeration.CHUNK_SIZE", 6)
    job = prepared(10, settings={"abort_minimum": 4, "abort_percent": 50, "stages": stages})
    crew, before = Crew(job), 0
    for what, *which in events:
        if which:
            crew.act(what, *which)  # type: ignore[arg-type]
        else:
            step(job, what)
        assert audit_job(job.pk) == []
        executed = tallies.counted(job.pk).executed
        assert executed >= before
        before = executed
    step(job, "cancel")
    step(job, "expire")
    settle(job.pk)
    job.refresh_from_db()
    assert job.is_terminal
    assert figures(job)["total"] == 10
