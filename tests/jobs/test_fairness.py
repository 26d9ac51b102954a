"""Who is served when there are more jobs than workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from c8yadmin.core.tenants import find
from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import circuit, claims, fairness
from c8yadmin.jobs.models import Job, TenantLimit
from c8yadmin.jobs.orders.submission import Order, submit
from c8yadmin.jobs.registry import Outcome, find_action
from sdk.sandbox import Sandbox
from tests.jobs.conftest import Ledger
from tests.jobs.reading import figures

MakeJob = Callable[..., Job]


def slowly(_: str) -> Outcome:
    time.sleep(0.004)
    return Outcome.ok()


def test_a_job_of_ten_targets_does_not_wait_for_one_of_thousands(
    make_job: MakeJob,
    ledger: Ledger,
    no_workers: None,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.JOBS_SLOT_SECONDS = 20.0
    monkeypatch.setattr(fairness, "QUANTUM", 0.2)
    ledger.deeds = {"*": slowly}
    large = make_job(60_000, autostart=True)
    engine.serve(large.pk, "w")
    small: list[Job] = []
    commit = claims.commit

    def while_it_is_worked(*args: Any, **more: Any) -> claims.Verdict:
        if not small and sum(ledger.done.values()) > 100:
            small.append(make_job(10, ids=[f"{n}" for n in range(200_000, 200_010)], autostart=True))
        return commit(*args, **more)

    monkeypatch.setattr(claims, "commit", while_it_is_worked)
    began = time.monotonic()
    engine.serve(large.pk, "the only worker")
    assert time.monotonic() - began < 10
    turns = 0
    while figures(small[0])["state"] != "COMPLETED":
        turns += 1
        assert turns <= 6
        engine.serve(small[0].pk, "the only worker")
    small[0].refresh_from_db()
    assert small[0].finished_at is not None
    assert (small[0].finished_at - small[0].created_at).total_seconds() < 10
    assert figures(large)["state"] == "RUNNING"


def test_a_lone_job_keeps_its_slot_to_the_end_of_its_turn(
    make_job: MakeJob, ledger: Ledger, no_workers: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.JOBS_SLOT_SECONDS = 1.0
    monkeypatch.setattr(fairness, "QUANTUM", 0.1)
    ledger.deeds = {"*": slowly}
    job = make_job(20_000, autostart=True)
    engine.work(job.pk, "w")
    began = time.monotonic()
    engine.serve(job.pk, "w")
    assert time.monotonic() - began >= 0.9


@pytest.mark.parametrize("many", [20])
def test_a_tenant_with_many_jobs_does_not_hold_up_another(
    make_job: MakeJob, ledger: Ledger, no_workers: None, settings: Any, many: int, credential: Any
) -> None:
    settings.JOBS_PER_USER = 0
    crowd = [make_job(5, autostart=True) for _ in range(many)]
    for job in crowd:
        engine.work(job.pk, "w")
    tenant, action = find("globex"), find_action("test.mark")
    assert tenant is not None
    assert action is not None
    order = Order(tenant, credential, "admin", action, {"mark": "x"}, {"ids": ["900", "901"]}, autostart=True)
    lonely = submit(order)
    served = 0
    while figures(lonely)["state"] != "COMPLETED":
        engine.serve(crowd[served % many].pk, "the only worker")
        served += 1
        assert served <= 3
    for n in range(many * 2):
        engine.serve(crowd[n % many].pk, "the only worker")
    assert {figures(job)["state"] for job in crowd} == {"COMPLETED"}


def test_a_job_that_no_worker_understands_is_in_nobodys_way(
    make_job: MakeJob, ledger: Ledger, no_workers: None
) -> None:
    strange, usual = make_job(5, autostart=True), make_job(5, autostart=True)
    for job in (strange, usual):
        engine.work(job.pk, "w")
    Job.objects.filter(pk=strange.pk).update(params_version=99)
    for _ in range(2):
        engine.serve(usual.pk, "w")
    assert figures(usual)["state"] == "COMPLETED"
    strange.refresh_from_db()
    engine.serve(strange.pk, "w")
    strange.refresh_from_db()
    assert "waits for a worker of another version" in strange.problem


def test_where_a_tenant_may_not_be_asked_its_jobs_hold_up_nobody(
    make_job: MakeJob, ledger: Ledger, no_workers: None
) -> None:
    held, other = make_job(5, autostart=True), make_job(5, autostart=True)
    for job in (held, other):
        engine.work(job.pk, "w")
    Job.objects.filter(pk=held.pk).update(tenant="elsewhere")
    TenantLimit.objects.create(tenant="elsewhere")
    circuit.hold("elsewhere", 60, trouble=False)
    engine.serve(other.pk, "w")
    assert figures(other)["state"] == "COMPLETED"
    Job.objects.filter(pk=held.pk).update(tenant="acme")


def test_with_a_slow_tenant_no_job_hands_its_worker_on_before_it_did_anything(
    prepared: Callable[..., tuple[Any, Job]],
    sandbox: Sandbox,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fairness, "QUANTUM", 0.05)
    settings.JOBS_COMMIT_SECONDS = 0.05
    browser, one = prepared()
    other = prepared(browser)[1]
    for job in (one, other):
        browser.post(f"/t/acme/jobs/{job.pk}/confirm/", {"count": "3"})
    sandbox.latency = 0.2  # longer than anybody's turn, and each change takes two calls
    for n in range(6):
        engine.serve((one, other)[n % 2].pk, "the only worker")
    assert {figures(job)["state"] for job in (one, other)} == {"COMPLETED"}
