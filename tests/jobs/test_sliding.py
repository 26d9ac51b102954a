"""From one chunk to the next, and from one turn to the next, without a pause and without a mistake."""

from __future__ import annotations

import gc
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from c8yadmin.accounts.credentials import Credential, Secret
from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import chunk_run, claims, slot
from c8yadmin.jobs.execution.audit import audit
from c8yadmin.jobs.models import Chunk, Job, TenantLimit
from c8yadmin.jobs.registry import Outcome
from tests.jobs.conftest import Ledger
from tests.jobs.reading import figures

Prepared = Callable[..., Job]


@pytest.fixture
def credential() -> Credential:
    """A sign-in that no other test has."""
    return Credential("basic", "acme", "admin", Secret(uuid.uuid4().hex))


@pytest.fixture
def waiting(make_job: Callable[..., Job], no_workers: None) -> Prepared:
    """A job of so many targets that waits for workers, four threads in each."""

    def make(n: int) -> Job:
        job = make_job(n, autostart=True, settings={"parallel": 4})
        assert engine.work(job.pk, "preparer")
        return job

    return make


def last_waits_for_next(ledger: Ledger) -> None:
    """The last target of the first chunk ends well only if one of the second is begun meanwhile."""
    begun = threading.Event()

    def last(_: str) -> Outcome:
        return Outcome.ok() if begun.wait(5) else Outcome.failed("Nobody began with the next chunk.")

    def next(_: str) -> Outcome:
        begun.set()
        return Outcome.ok()

    ledger.deeds |= {"500": last, "501": next}


def test_the_next_chunk_is_begun_while_the_last_targets_of_one_are_under_way(
    waiting: Prepared, ledger: Ledger
) -> None:
    job = waiting(700)
    last_waits_for_next(ledger)
    engine.work(job.pk, "w")
    assert figures(job) == {"state": "COMPLETED", "total": 700, "ok": 700}
    assert set(ledger.done.values()) == {1}


@pytest.mark.parametrize(("cap", "most"), [(1, 1), (2, 1), (3, 2)])
def test_a_slot_takes_a_second_chunk_only_where_another_slot_has_room(
    waiting: Prepared, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, cap: int, most: int
) -> None:
    job = waiting(1200)
    TenantLimit.objects.update_or_create(tenant="acme", defaults={"max_leases": cap})
    commit, seen = claims.commit, set[int]()

    def counted(*args: Any, **more: Any) -> claims.Verdict:
        seen.add(claims.live_leases("acme", timezone.now()))
        return commit(*args, **more)

    monkeypatch.setattr(claims, "commit", counted)
    engine.work(job.pk, "w")
    assert figures(job) == {"state": "COMPLETED", "total": 1200, "ok": 1200}
    assert max(seen) == most


def test_a_chunk_that_is_lost_takes_nothing_from_the_other(
    waiting: Prepared, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = waiting(1000)
    last_waits_for_next(ledger)
    commit, lost = claims.commit, list[claims.Lease]()

    def taken_over(lease: claims.Lease, *args: Any, **more: Any) -> claims.Verdict:
        first = Chunk.objects.order_by("seq").first()
        assert first is not None
        both = claims.live_leases("acme", timezone.now()) == 2
        if both and not lost and lease.chunk_id == first.pk:
            Chunk.objects.filter(pk=first.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
            successor = claims.claim(job.pk, "successor")
            assert successor is not None
            assert successor.chunk_id == first.pk
            lost.append(successor)
        return commit(lease, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(claims, "commit", taken_over)
        engine.work(job.pk, "sleeper")
    first, second = Chunk.objects.order_by("seq")
    assert (first.state, second.state) == ("R", "P")
    assert second.cursor == second.ok == sum(int(id) > 500 for id in ledger.done)
    claims.commit(lost[0], [], lost[0].ids[lost[0].cursor :], release=True)
    engine.work(job.pk, "survivor")
    assert figures(job) == {"state": "COMPLETED", "total": 1000, "ok": 1000}
    assert sum(ledger.done.values()) - 1000 <= claims.LOOKAHEAD
    assert list(audit()) == []


def test_an_error_at_the_beginning_of_a_chunk_takes_nothing_from_the_one_before(
    waiting: Prepared, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = waiting(700)
    ledger.deeds = {"500": lambda _: time.sleep(0.1) or Outcome.ok()}
    attempts = chunk_run._attempts

    def broken(turn: slot.Turn, lease: claims.Lease) -> Any:
        if lease.ids[0] == "501":
            time.sleep(0.05)  # meanwhile more of the first chunk's targets end
            raise RuntimeError("The worker has no room for more.")
        return attempts(turn, lease)

    with monkeypatch.context() as patch:
        patch.setattr(chunk_run, "_attempts", broken)
        with pytest.raises(RuntimeError):
            engine.work(job.pk, "w")
    first, second = Chunk.objects.order_by("seq")
    assert first.cursor == first.intent == first.ok == len(ledger.done)
    assert (second.state, second.cursor) == ("P", 0)
    assert set(ledger.done.values()) == {1}


def test_an_error_at_a_commit_takes_nothing_from_the_other_chunk(
    waiting: Prepared, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = waiting(1000)
    last_waits_for_next(ledger)
    commit = claims.commit

    def broken(lease: claims.Lease, *args: Any, **more: Any) -> claims.Verdict:
        if lease.ids[0] == "1" and "501" in ledger.done:
            raise RuntimeError("The results cannot be written.")
        return commit(lease, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(claims, "commit", broken)
        with pytest.raises(RuntimeError):
            engine.work(job.pk, "w")
    first, second = Chunk.objects.order_by("seq")
    assert (first.state, second.state) == ("P", "P")
    assert second.cursor == second.intent == second.ok == sum(int(id) > 500 for id in ledger.done)
    Chunk.objects.update(not_before=None)
    engine.work(job.pk, "survivor")
    assert figures(job) == {"state": "COMPLETED", "total": 1000, "ok": 1000}
    assert {ledger.done[str(id)] for id in range(501, 1001)} == {1}
    assert list(audit()) == []


def test_a_suspected_chunk_is_worked_target_by_target_and_beside_no_other(
    waiting: Prepared, ledger: Ledger
) -> None:
    job = waiting(520)
    Chunk.objects.filter(seq=1).update(stuck=2, intent=20)  # two workers have died
    lock, under_way, beside = threading.Lock(), [0], set[int]()

    def watched(id: str) -> Outcome:
        with lock:
            under_way[0] += 1
            if int(id) > 500:
                beside.add(under_way[0])
        time.sleep(0.002)
        with lock:
            under_way[0] -= 1
        return Outcome.ok()

    ledger.deeds = {"*": watched}
    engine.work(job.pk, "w")
    assert figures(job) == {"state": "COMPLETED", "total": 520, "ok": 520}
    assert beside == {1}


@pytest.mark.parametrize(("lately", "alone"), [(60.0, False), (0.0, True)])
def test_a_turn_right_after_another_does_not_try_the_sign_in_out(
    waiting: Prepared,
    ledger: Ledger,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    lately: float,
    alone: bool,
) -> None:
    monkeypatch.setattr(slot, "JUST_NOW", lately)
    settings.JOBS_SLOT_SECONDS = 0.2
    job = waiting(400)
    ledger.deeds = {"*": lambda _: time.sleep(0.01) or Outcome.ok()}
    assert engine.work(job.pk, "w")
    settings.JOBS_SLOT_SECONDS = 20.0
    together, met = threading.Barrier(2), list[bool]()

    def first(_: str) -> Outcome:
        try:
            together.wait(0.5)
        except threading.BrokenBarrierError:
            met.append(False)
        else:
            met.append(True)
        return Outcome.ok()

    ledger.deeds = {"*": first}
    engine.work(job.pk, "w")
    assert met[0] is not alone
    assert figures(job)["state"] == "COMPLETED"


def test_a_worker_keeps_no_sign_in_after_its_turn(
    waiting: Prepared, ledger: Ledger, credential: Credential
) -> None:
    job = waiting(3)
    engine.work(job.pk, "w")
    assert figures(job)["state"] == "COMPLETED"
    kept = gc.get_referents(slot._accepted)
    assert job.pk in kept
    assert credential.secret not in kept
    assert credential.secret.reveal() not in map(str, kept)
