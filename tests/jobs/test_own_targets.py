"""Targets that the console holds itself, instead of a list of the tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from c8yadmin.jobs import engine, registry
from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.registry import Ask, Batch
from tests.jobs.conftest import Ledger
from tests.jobs.reading import figures

MakeJob = Callable[..., Job]
SPEC = {"source": "shelf", "words": "of the shelf"}


@pytest.fixture
def shelf(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lets things come from a source of their own, 300 in a batch; what is kept of them is in the list."""
    kept: list[str] = []

    def source(name: str, ask: Ask, after: str | None) -> Iterator[Batch]:
        assert ask(lambda c8y: c8y is not None)
        for first in range(0, 1200, 300):
            yield Batch([str(i) for i in range(first, first + 300)], lambda: kept.append(name))

    things = replace(registry._registry.targets["things"], source=source)
    monkeypatch.setitem(registry._registry.targets, "things", things)
    return kept


def test_they_are_frozen_in_chunks_and_what_was_learned_is_kept(make_job: MakeJob, shelf: list[str]) -> None:
    job = make_job(spec=SPEC)
    assert figures(job) == {"state": "READY", "total": 1200, "pending": 1200}
    assert list(Chunk.objects.order_by("seq").values_list("n", flat=True)) == [500, 500, 200]
    assert shelf == ["shelf"] * 4


def test_nothing_is_kept_by_a_worker_whose_lease_is_over(
    make_job: MakeJob, shelf: list[str], monkeypatch: pytest.MonkeyPatch, no_workers: None
) -> None:
    job = make_job(spec=SPEC)

    things = registry._registry.targets["things"]
    source = things.source
    assert source

    def robbed(name: str, ask: Ask, after: str | None) -> Iterator[Batch]:
        for batch in source(name, ask, after):
            Job.objects.filter(pk=job.pk).update(lease_token=99)
            yield batch

    monkeypatch.setitem(registry._registry.targets, "things", replace(things, source=robbed))
    assert not engine.work(job.pk, "w")
    assert shelf == []
    assert not Chunk.objects.exists()


def test_what_an_action_needs_of_the_database_is_read_before_its_chunk(
    make_job: MakeJob, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = type(registry._registry.actions["test.mark"])
    performed: list[tuple[str, Any]] = []
    monkeypatch.setattr(mark, "load", lambda self, params, ids: params | {"read": sorted(ids)})
    whole = mark.perform

    def perform(self: Any, c8y: Any, id: str, params: Any, occasion: Any) -> Any:
        performed.append((id, params["read"]))
        return whole(self, c8y, id, params, occasion)

    monkeypatch.setattr(mark, "perform", perform)
    job = make_job(3, autostart=True)
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}
    assert sorted(performed) == [(id, ["1", "2", "3"]) for id in ("1", "2", "3")]


def test_their_jobs_do_not_begin_in_a_list(
    shelf: list[str], sign_in: Callable[..., Client], settings: Any
) -> None:
    settings.TENANT_CONNECTOR = "tests.tenants.connector"
    answer = sign_in().get("/t/acme/jobs/new/", {"action": "test.mark", "target": "things", "id": "1"})
    assert answer.status_code == 400
    assert "begins on a page of its own" in answer.content.decode()
