"""Every row exactly once, whatever is lost on the way."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from c8yadmin.imports import packing
from c8yadmin.imports.models import Upload
from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import claims, slot
from c8yadmin.jobs.models import Chunk, ItemResult, Job, TenantLimit
from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.imports.conftest import Importer
from tests.jobs.conftest import no_workers  # noqa: F401  # a fixture for the tests here, too
from tests.jobs.deaths import Killed
from tests.jobs.reading import figures

pytestmark = pytest.mark.django_db
Start = Callable[..., Importer]
INVENTORY = "/inventory/managedObjects"
PLAIN = "name,c8y_Notes\n" + "".join(f"Made {n},x\n" for n in range(20))
TOLD = "serial,name\n" + "".join(f"SN-{n},Made {n}\n" for n in range(20))


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("c8yadmin.jobs.execution.attempts.SETTLING", 0.02)
    monkeypatch.setattr("c8yadmin.jobs.execution.answers.BACKOFF_BASE", 0.005)


def made(acme: Tenant) -> Counter[str]:
    """How often each of the objects was created."""
    names = (found.get("name", "") for found in acme.inventory.objects.values())
    return Counter(name for name in names if name.startswith("Made "))


ONCE = Counter(f"Made {n}" for n in range(20))


@pytest.mark.parametrize("file", [PLAIN, TOLD], ids=["marked", "told"])
@pytest.mark.parametrize(
    "fault", [{"cut": "after"}, {"cut": "before"}, {"status": 502}, {"status": 500}], ids=str
)
def test_nothing_is_created_twice_when_answers_are_lost(
    importer: Start, acme: Tenant, sandbox: Sandbox, fault: dict[str, Any], file: str
) -> None:
    admin = importer()
    job = admin.check(file)
    lost = sandbox.faults.add(INVENTORY, method="POST", times=4, **fault)
    assert admin.confirm(job) == {"state": "COMPLETED", "total": 20, "ok": 20}
    assert lost.hits == 4
    assert made(acme) == ONCE


@pytest.mark.parametrize(("when", "ended"), [("after", "ok"), ("before", "unknown")])
def test_a_creation_without_an_answer_in_time_is_found_or_unknown(
    importer: Start,
    acme: Tenant,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    ended: str,
) -> None:
    monkeypatch.setitem(slot.CALLS, "timeout", (5, 0.2))
    admin = importer()
    job = admin.check("name\nMade 0\n")
    sandbox.faults.add(INVENTORY, method="POST", delay=0.5, when=when, times=1)
    assert admin.confirm(job)[ended] == 1
    assert made(acme).total() == (1 if ended == "ok" else 0)  # it may come later


def test_what_somebody_else_created_meanwhile_is_not_taken_for_the_rows_own(
    importer: Start, acme: Tenant, sandbox: Sandbox
) -> None:
    admin = importer()
    job = admin.check(TOLD)
    id = acme.inventory.create({"id": "99999", "name": "Another", "owner": "admin"})["id"]
    acme.bind("c8y_Serial", "SN-0", id)
    sandbox.faults.add(INVENTORY, method="POST", cut="before", times=3)
    assert admin.confirm(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 20, "ok": 19, "failed": 1}
    assert made(acme) == ONCE - Counter(["Made 0"])


def follow(job: Job) -> int:
    """One worker after the other, until the job is over; how many died."""
    deaths = 0
    for turn in range(200):
        job.refresh_from_db()
        if job.is_terminal:
            return deaths
        Chunk.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        TenantLimit.objects.update(circuit_until=None)
        try:
            engine.work(job.pk, f"worker {turn}")
        except Killed:
            deaths += 1
    pytest.fail(f"still {job.state} after {turn} workers")


@pytest.fixture
def deaths(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Workers die before or after they write down what they did."""
    chance, commit = random.Random(5), claims.commit  # noqa: S311  # a reproducible one

    def perhaps(*args: Any, **kwargs: Any) -> claims.Verdict:
        doomed, first = chance.random() < 0.3, chance.random() < 0.5
        verdict = None if doomed and first else commit(*args, **kwargs)
        if doomed or verdict is None:
            raise Killed
        return verdict

    settings.JOBS_COMMIT_SECONDS = 0.02
    monkeypatch.setattr(claims, "commit", perhaps)


def stumble(sandbox: Sandbox) -> None:
    sandbox.faults.add(INVENTORY, method="POST", cut="after", rate=0.05)
    sandbox.faults.add(INVENTORY, method="POST", cut="before", rate=0.03)
    sandbox.faults.add(INVENTORY, status=503, rate=0.03)


@pytest.mark.parametrize("header", ["name", "serial,name"])
def test_no_row_is_lost_or_doubled_while_workers_die_and_the_tenant_stumbles(
    importer: Start,
    acme: Tenant,
    sandbox: Sandbox,
    no_workers: None,  # noqa: F811
    deaths: None,
    header: str,
) -> None:
    rows = [f"Made {n}" if header == "name" else f"SN-{n},Made {n}" for n in range(200)]
    admin = importer()
    job = admin.check("\n".join([header, *rows]))
    engine.work(job.pk, "preparer")
    stumble(sandbox)
    job.refresh_from_db()
    admin.browser.post(f"/t/acme/jobs/{job.pk}/confirm/", {"count": "200"})
    assert follow(job) > 3
    found = figures(job)
    assert found.get("ok", 0) + found.get("unknown", 0) == 200
    assert max(made(acme).values()) == 1
    assert found["ok"] <= len(made(acme)) <= 200


def test_a_preparer_that_dies_is_followed_by_one_that_checks_all_rows_again(
    importer: Start,
    monkeypatch: pytest.MonkeyPatch,
    no_workers: None,  # noqa: F811
) -> None:
    admin = importer()
    job = admin.check("name\n" + "".join(f"Made {n}\n" for n in range(1200)))
    judge, calls = packing.judge, []

    def die(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise Killed
        judge(*args)

    with monkeypatch.context() as patch:
        patch.setattr(packing, "judge", die)
        with pytest.raises(Killed):
            engine.work(job.pk, "first")
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert engine.work(job.pk, "second")
    job.refresh_from_db()
    assert (job.state, job.total) == ("READY", 1200)
    assert packing.counts(Upload.objects.get())["create"] == 1200


def test_a_job_whose_rows_are_gone_says_so(importer: Start, acme: Tenant) -> None:
    admin = importer()
    job = admin.check(PLAIN)
    Upload.objects.all().delete()
    assert "The rows are no longer kept." in admin.page(job)
    assert admin.confirm(job)["failed"] == 20
    assert set(ItemResult.objects.values_list("message", flat=True)) == {
        "The rows of this import are no longer kept."
    }
    assert not made(acme)
