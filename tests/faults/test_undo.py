"""Whatever dies while a job changes things, or while that is taken back: each target gets back what it had.

The action appends a word to what it finds, so a change that is made twice, or an image that shows the job's
own change, would show in the end.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import claims
from c8yadmin.jobs.execution.attempts import Halted
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import BeforeImages, Chunk, Job
from c8yadmin.jobs.registry import Image
from c8yadmin.jobs.undoing import images
from tests.faults.test_moments import dies, then_dies
from tests.jobs.deaths import Killed
from tests.jobs.painting import Shop
from tests.jobs.reading import figures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_workers")]

MOMENTS: dict[str, tuple[str, bool]] = {
    "before the images are written": ("imprint", False),
    "between image and effect": ("imprint", True),
    "between effect and commit": ("commit", False),
    "after the commit": ("commit", True),
}


def prepared(job: Job) -> Job:
    engine.work(job.pk, "preparer")
    return job


def ended(job: Job) -> dict[str, Any]:
    """How the job ended, worked by one survivor after the other."""
    for _ in range(60):
        job.refresh_from_db()
        if job.is_terminal:
            break
        Chunk.objects.filter(state="R").update(lease_until=timezone.now() - timedelta(seconds=1))
        sweep()
        engine.work(job.pk, "survivor")
    return figures(job)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.fault("F04")
def test_after_a_death_at_any_moment_a_revert_restores_the_original(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    name, after = MOMENTS[moment]

    def worked_with_a_death(job: Job) -> dict[str, Any]:
        work = getattr(claims, name)
        with monkeypatch.context() as dying:
            dying.setattr(claims, name, then_dies(work) if after else dies)
            with pytest.raises(Killed):
                engine.work(job.pk, "dying")
        return ended(job)

    job = prepared(shop.order(700))
    assert worked_with_a_death(job) == {"state": "COMPLETED", "total": 700, "ok": 700}
    assert shop.colours == {id: f"colour {id} painted" for id in shop.colours}

    back = prepared(shop.revert(job))
    assert worked_with_a_death(back) == {"state": "COMPLETED", "total": 700, "ok": 700}
    assert shop.as_it_was


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.fault("F04")
def test_many_deaths_at_random_leave_no_trace(shop: Shop, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance, dead = random.Random(seed), [0]  # a reproducible one

    def perhaps(work: Callable[..., Any]) -> Callable[..., Any]:
        def doomed(*args: Any, **kwargs: Any) -> Any:
            first, last = chance.random() < 0.05, chance.random() < 0.05
            dead[0] += first or last
            if first:
                raise Killed
            verdict = work(*args, **kwargs)
            if last:
                raise Killed
            return verdict

        return doomed

    job = prepared(shop.order(250))
    with monkeypatch.context() as dying:
        dying.setattr(claims, "imprint", perhaps(claims.imprint))
        dying.setattr(claims, "commit", perhaps(claims.commit))
        _survive(job)
        assert shop.colours == {id: f"colour {id} painted" for id in shop.colours}
        back = prepared(shop.revert(job))
        _survive(back)
    assert dead[0] > 1
    assert shop.as_it_was
    assert figures(back) == {"state": "COMPLETED", "total": 250, "ok": 250}


def _survive(job: Job) -> None:
    for _ in range(500):
        try:
            engine.work(job.pk, "mortal")
        except Killed:
            Chunk.objects.filter(state="R").update(lease_until=timezone.now() - timedelta(seconds=1))
        Chunk.objects.update(stuck=0)  # the targets are not to blame
        job.refresh_from_db()
        if job.is_terminal:
            return
    pytest.fail(f"still {job.state}")


def test_no_change_is_sent_before_its_image_is_written(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    written: set[str] = set()
    imprint, early = claims.imprint, list[str]()

    def noted(lease: claims.Lease, kept: Any) -> None:
        imprint(lease, kept)
        written.update(id for id, _ in kept)

    monkeypatch.setattr(claims, "imprint", noted)
    shop.before_brush = lambda id: id in written or early.append(id)
    ended(prepared(shop.order(300)))
    assert (len(written), early) == (300, [])


@pytest.mark.fault("F05")
def test_a_worker_whose_lease_is_lost_writes_no_image_and_sends_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = prepared(shop.order(20))
    imprint = claims.imprint

    def frozen_meanwhile(lease: claims.Lease, kept: Any) -> None:
        Chunk.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert claims.claim(job.pk, "successor") is not None
        imprint(lease, kept)

    with monkeypatch.context() as frozen:
        frozen.setattr(claims, "imprint", frozen_meanwhile)
        engine.work(job.pk, "frozen")
    assert not shop.strokes
    assert not BeforeImages.objects.exists()
    assert ended(job) == {"state": "COMPLETED", "total": 20, "ok": 20}


@pytest.mark.fault("F15")
def test_nothing_is_sent_while_images_cannot_be_written(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    job = prepared(shop.order(20))

    def full(*_: Any) -> None:
        raise OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(images, "append", full)
        broken.setattr("c8yadmin.jobs.execution.database.PATIENCE", 0.2)
        with pytest.raises(OperationalError):
            engine.work(job.pk, "unlucky")
    assert not shop.strokes
    Chunk.objects.update(not_before=None)
    assert ended(job) == {"state": "COMPLETED", "total": 20, "ok": 20}
    assert ended(prepared(shop.revert(job)))["ok"] == 20
    assert shop.as_it_was


def test_a_job_that_dies_and_is_canceled_is_reverted_without_a_gap(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from c8yadmin.jobs.orders import control

    job = prepared(shop.order(300))
    with monkeypatch.context() as dying:
        dying.setattr(claims, "commit", dies)
        with pytest.raises(Killed):
            engine.work(job.pk, "dying")
    job.refresh_from_db()
    control.cancel(job, "somebody")
    assert ended(job)["state"] == "CANCELED"
    assert not shop.as_it_was
    ended(prepared(shop.revert(job)))
    assert shop.as_it_was


def test_an_attempt_that_is_stopped_between_two_calls_is_not_taken_for_none(shop: Shop) -> None:
    def stopped(id: str) -> None:
        shop.after_brush = lambda id: None
        raise Halted

    job = prepared(shop.order(5))
    shop.after_brush = stopped
    assert ended(job) == {"state": "COMPLETED", "total": 5, "ok": 5}
    assert shop.colours == {id: f"colour {id} painted" for id in shop.colours}


def test_others_who_change_a_target_between_two_attempts_are_the_original(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = prepared(shop.order(1))
    with monkeypatch.context() as dying:
        dying.setattr(claims, "commit", dies)
        with pytest.raises(Killed):
            engine.work(job.pk, "dying")
    shop.colours["1"] = "theirs"
    assert ended(job)["ok"] == 1
    assert shop.colours["1"] == "theirs painted"
    ended(prepared(shop.revert(job)))
    assert shop.colours["1"] == "theirs"


@pytest.mark.breaks
def test_the_audit_finds_a_change_without_an_image(shop: Shop) -> None:
    from c8yadmin.jobs.execution.audit import audit

    job = prepared(shop.order(3))
    ended(job)
    assert not list(audit())
    BeforeImages.objects.all().delete()
    assert [str(breach)[:2] for breach in audit()] == ["I9"]
    chunk = Chunk.objects.get(job=job)
    strange = [(id, Image({}, {})) for id in (*chunk.targets, "77")]
    images.write(chunk.pk, strange)
    assert [breach.text for breach in audit()] == ["chunk 0 keeps images of 1 targets that it does not have."]
