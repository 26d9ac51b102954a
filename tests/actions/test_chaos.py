"""Operations sent while workers die and the tenant stumbles: none is lost, none is doubled."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import claims
from c8yadmin.jobs.models import Chunk, ItemResult, Job, TenantLimit
from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.actions.conftest import Bulk
from tests.jobs.deaths import Killed
from tests.jobs.reading import figures
from tests.tenants import Current

KILLED = 0.4  # of all commits


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """More devices than one batch has."""
    Current.sandbox = Sandbox(devices=250, seed=7)
    yield Current.sandbox
    Current.sandbox = None


@pytest.fixture
def deaths(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Workers die before or after they write down what they did; the list counts how many."""
    monkeypatch.setattr("c8yadmin.jobs.execution.attempts.SETTLING", 0.02)
    monkeypatch.setattr("c8yadmin.jobs.execution.answers.BACKOFF_BASE", 0.005)
    dead: list[None] = []
    chance, commit = random.Random(5), claims.commit  # noqa: S311  # a reproducible one

    def perhaps(*args: Any, **kwargs: Any) -> claims.Verdict:
        doomed, first = chance.random() < KILLED, chance.random() < 0.5
        verdict = None if doomed and first else commit(*args, **kwargs)
        if doomed or verdict is None:
            dead.append(None)
            raise Killed
        return verdict

    monkeypatch.setattr(claims, "commit", perhaps)
    return dead


def stumble(sandbox: Sandbox) -> None:
    sent = "/devicecontrol/operations"
    sandbox.faults.add(sent, method="POST", cut="after", rate=0.05)
    sandbox.faults.add(sent, method="POST", cut="before", rate=0.03)
    sandbox.faults.add(sent, status=503, rate=0.03)
    sandbox.faults.add(sent, status=429, rate=0.02)
    sandbox.faults.add("/inventory/*", status=500, rate=0.02)


def follow(job: Job) -> None:
    """One worker after the other, until the job is over."""
    for turn in range(300):
        job.refresh_from_db()
        if job.is_terminal:
            return
        Chunk.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        TenantLimit.objects.update(circuit_until=None)
        try:
            engine.work(job.pk, f"worker {turn}")
        except Killed:
            continue
    pytest.fail(f"still {job.state} after {turn} workers")


def test_no_operation_is_lost_or_doubled_whoever_dies(
    bulk: Callable[..., Bulk],
    devices: dict[str, Any],
    acme: Tenant,
    sandbox: Sandbox,
    no_workers: None,
    deaths: list[None],
) -> None:
    for device in devices.values():
        device.update(c8y_SupportedOperations=["c8y_Restart"], com_cumulocity_model_Agent={})
    browser = bulk("devices")
    job = browser.prepare("operations.create", devices, typed={"body": '{"c8y_Restart": {}}'})
    engine.work(job.pk, "preparer")
    stumble(sandbox)
    browser.browser.post(f"/t/acme/jobs/{job.pk}/confirm/", {"count": str(len(devices))})
    follow(job)
    sent = Counter(found["deviceId"] for found in acme.operations.values() if "c8yadmin_Job" in found)
    found = figures(job)
    unsure = set(ItemResult.objects.filter(outcome="UNKNOWN").values_list("item_id", flat=True))
    assert len(deaths) > 5
    assert set(sent.values()) == {1}
    assert found["total"] == found["ok"] + found.get("unknown", 0)
    assert devices.keys() - unsure <= sent.keys()
