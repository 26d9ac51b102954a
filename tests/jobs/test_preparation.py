"""From a description of targets to frozen chunks, a preview and a forecast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import preparation
from c8yadmin.jobs.execution.differences import changes, frozen
from c8yadmin.jobs.execution.enumeration import Portion
from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.orders.limits import limit_of
from c8yadmin.jobs.pages.progress import duration, forecast
from c8yadmin.jobs.states import PauseReason, State
from sdk import BadAnswer, Invalid, Unauthorized, Unreachable
from tests.jobs.conftest import Ids, Ledger
from tests.jobs.deaths import Killed
from tests.jobs.reading import figures, steps

MakeJob = Callable[..., Job]


def everything(ledger: Ledger, n: int) -> dict[str, str]:
    """Let so many things match, and aim at them."""
    ledger.matching = [str(i) for i in range(1, n + 1)]
    return {"filter": ""}


def test_targets_are_frozen_into_chunks_of_500(make_job: MakeJob, ledger: Ledger) -> None:
    job = make_job(spec=everything(ledger, 1700))
    assert list(Chunk.objects.order_by("seq").values_list("n", flat=True)) == [500, 500, 500, 200]
    ledger.matching.append("9999")
    assert figures(job) == {"state": "READY", "total": 1700, "pending": 1700}


def test_any_page_of_the_frozen_targets_can_be_read(make_job: MakeJob, ledger: Ledger) -> None:
    job = make_job(spec=everything(ledger, 1203))
    for start, count in ((0, 3), (498, 5), (1200, 50), (1203, 5), (0, 1203)):
        assert frozen(job, start, count) == ledger.matching[start : start + count]


def test_the_preview_samples_five_targets_from_all_over_the_set(make_job: MakeJob, ledger: Ledger) -> None:
    job = make_job(spec=everything(ledger, 1001))
    job.refresh_from_db()
    assert [item["id"] for item in job.preview["items"]] == ["1", "251", "501", "751", "1001"]


@pytest.mark.parametrize("n", [1, 2, 4, 5])
def test_few_targets_are_all_sampled(make_job: MakeJob, ledger: Ledger, n: int) -> None:
    job = make_job(n)
    job.refresh_from_db()
    assert [item["id"] for item in job.preview["items"]] == [str(i) for i in range(1, n + 1)]


def test_a_dead_preparer_is_followed_by_one_that_goes_on_after_its_last_chunk(
    make_job: MakeJob, ledger: Ledger, no_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, asked = everything(ledger, 1800), []
    listed = Ids.ids

    def dying(self: Ids, after: str | None = None) -> Iterator[str]:
        asked.append(after)
        for id in listed(self, after):
            if id == "1234" and len(asked) == 1:
                raise Killed
            yield id

    monkeypatch.setattr(Ids, "ids", dying)
    job = make_job(spec=spec)
    with pytest.raises(Killed):
        engine.work(job.pk, "dying")
    assert figures(job) == {"state": "PREPARING", "total": 1000, "pending": 1000}
    assert engine.work(job.pk, "too early") is False
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert engine.work(job.pk, "follower")
    assert asked == [None, "1000"]
    assert figures(job) == {"state": "READY", "total": 1800, "pending": 1800}
    assert frozen(job, 0, 1800) == ledger.matching


def test_a_preparer_that_was_replaced_writes_nothing_more(
    make_job: MakeJob, ledger: Ledger, no_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(spec=everything(ledger, 600))
    write, replaced = preparation.Preparation.write, list[bool]()

    def overtaken(self: preparation.Preparation, *what: Portion, release: bool = False) -> None:
        if not replaced:
            replaced.append(True)
            Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
            assert engine.work(job.pk, "successor")
        write(self, *what, release=release)

    monkeypatch.setattr(preparation.Preparation, "write", overtaken)
    assert engine.work(job.pk, "overtaken") is False
    assert figures(job) == {"state": "READY", "total": 600, "pending": 600}
    assert Chunk.objects.count() == 2


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (Invalid("Invalid query near 'eq'", status=422), State.FAILED, ""),
        (Unauthorized("Bad credentials", status=401), State.PAUSED, PauseReason.NEEDS_AUTH),
        (Unreachable("The connection broke."), State.PREPARING, ""),
        (BadAnswer("The tenant sent no page of managed objects."), State.PREPARING, ""),
    ],
)
def test_what_the_tenant_says_while_it_is_counted_stands_on_the_job(
    make_job: MakeJob,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    state: State,
    reason: str,
) -> None:
    def refused(self: Ids, after: str | None = None) -> Iterator[str]:
        raise error

    monkeypatch.setattr(Ids, "ids", refused)
    job = make_job(spec={"filter": ""})
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == (state, reason)
    assert str(getattr(error, "message", error)) in job.problem


def test_a_tenant_that_stays_unreachable_is_given_up(
    make_job: MakeJob, ledger: Ledger, no_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Ids, after: str | None = None) -> Iterator[str]:
        raise Unreachable("The connection broke.")

    monkeypatch.setattr(Ids, "ids", refused)
    job = make_job(spec={"filter": ""})
    for _ in range(preparation.ATTEMPTS):
        Job.objects.update(lease_until=None)
        engine.work(job.pk, "w")
    assert steps(job) == ["PREPARING", "FAILED"]


def test_a_tenant_that_is_no_longer_configured_fails_the_job_in_words(
    make_job: MakeJob, no_workers: None, settings: Any
) -> None:
    job = make_job(1)
    settings.TENANTS = []
    engine.work(job.pk, "w")
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert "no longer configured" in job.problem


def test_differences_are_told_by_their_paths() -> None:
    before = {"a": {"x": 1, "y": [1]}, "b": "old", "same": {"k": None}, "flag": 1}
    after = {"a": {"x": 2, "y": [1]}, "c": {"new": True}, "same": {"k": None}, "flag": True}
    assert [(change.path, change.before, change.after) for change in changes(before, after)] == [
        ("a.x", "1", "2"),
        ("b", "old", None),
        ("c", None, '{"new": true}'),
        ("flag", "1", "true"),
    ]


def test_the_forecast_follows_latency_threads_and_rates(make_job: MakeJob, ledger: Ledger) -> None:
    job = make_job(spec=everything(ledger, 4000))
    job.refresh_from_db()
    job.preview |= {"latency": 0.08, "calls": 2}
    seconds = forecast(job, limit_of(job.tenant))
    assert seconds == pytest.approx(4000 * 2 * 0.08 / (8 * 4))
    job.rate_per_s = 10
    assert forecast(job, limit_of(job.tenant)) == pytest.approx(4000 * 2 / 10)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "less than a second"), (45, "about 45 s"), (150, "about 2 min"), (7500, "about 2 h 5 min")],
)
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.fault("F13")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("listed", [True, False], ids=["listed", "named"])
def test_a_commit_whose_answer_is_lost_freezes_no_target_twice(
    make_job: MakeJob, ledger: Ledger, no_workers: None, monkeypatch: pytest.MonkeyPatch, listed: bool
) -> None:
    job = make_job(1700, spec=everything(ledger, 1700) if listed else None)
    commit, lost = BaseDatabaseWrapper.commit, list[int]()

    def disconnected(self: BaseDatabaseWrapper) -> None:
        second = not lost and Chunk.objects.filter(job=job).count() == 2
        commit(self)
        if second:
            lost.append(2)
            raise OperationalError("the connection is lost")

    monkeypatch.setattr(BaseDatabaseWrapper, "commit", disconnected)
    engine.work(job.pk, "w")
    assert lost
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    engine.work(job.pk, "w")
    job.refresh_from_db()
    targets = [id for chunk in Chunk.objects.filter(job=job) for id in chunk.targets]
    assert (job.total, len(targets), len(set(targets))) == (1700, 1700, 1700)
