"""`manage.py job audit`: finds what breaks an invariant, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import claims
from c8yadmin.jobs.execution.audit import audit
from c8yadmin.jobs.models import Approval, Chunk, ItemResult, Job, JobCredential, JobEvent, TenantLimit
from c8yadmin.jobs.registry import Outcome

pytestmark = [pytest.mark.django_db, pytest.mark.breaks]
LONG_AGO = timezone.now() - timedelta(hours=1)
Prepared = Callable[..., Job]


@pytest.fixture
def done(prepared: Prepared, ledger: Any) -> Job:
    """A job of 700 targets that has ended, one failed."""
    job = prepared(700)
    ledger.deeds = {"13": lambda _: Outcome.failed("unlucky")}
    while not Job.objects.get(pk=job.pk).is_terminal:
        engine.work(job.pk, "worker")
    return job


def test_a_job_that_went_well_breaks_nothing(done: Job, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("job", "audit")
    assert capsys.readouterr().out == "All counts and states agree.\n"


def _lost_count() -> None:
    Chunk.objects.filter(seq=0).update(ok=1)


def _lost_result() -> None:
    ItemResult.objects.all().delete()


def _doubled_target() -> None:
    first = Chunk.objects.get(seq=0)
    first.ids = json.dumps(["1", *first.targets[:-1]])
    first.save()


def _missing_targets() -> None:
    Job.objects.update(total=900)


def _fallen_count() -> None:
    JobEvent.objects.filter(after="COMPLETED_WITH_ERRORS").update(details={"executed": 701})


def _worked_without_lease() -> None:
    Chunk.objects.filter(seq=1).update(token=0, attempts=0)


def _stolen_token() -> None:
    Chunk.objects.filter(seq=1).update(attempts=9)


def _risen_from_the_dead() -> None:
    job = Job.objects.get()
    JobEvent.objects.create(job=job, at=timezone.now(), actor="x", before=job.state, after="RUNNING")
    Job.objects.update(state="RUNNING", finished_at=None)


def _endless() -> None:
    Job.objects.update(finished_at=None)


def _kept_credential() -> None:
    JobCredential.objects.create(job=Job.objects.get(), ciphertext="x", kind="x", expires_at=timezone.now())


def _expired_credential() -> None:
    Job.objects.update(state="PAUSED", finished_at=None)
    JobCredential.objects.create(job=Job.objects.get(), ciphertext="x", kind="token", expires_at=LONG_AGO)


def _overdue_password() -> None:
    Job.objects.update(state="PAUSED", finished_at=None)
    JobCredential.objects.create(
        job=Job.objects.get(), ciphertext="x", kind="token", password="x", password_until=LONG_AGO
    )


def _never_approved() -> None:
    Approval.objects.create(job=Job.objects.get(), asked_at=LONG_AGO, why="x")


def _approved_by_its_owner() -> None:
    steps = {"details": {"approved": "x"}, "at": LONG_AGO, "actor": "Admin"}
    JobEvent.objects.create(
        job=Job.objects.get(), before="AWAITING_APPROVAL", after="QUEUED", reason="Approved.", **steps
    )


def _unwritten_step() -> None:
    JobEvent.objects.filter(after="RUNNING").delete()


def _silent_change() -> None:
    Job.objects.update(state="ABORTED")


def _lease_of_the_dead() -> None:
    Chunk.objects.filter(seq=0).update(state="R", lease_until=timezone.now())


def _lease_without_end() -> None:
    Chunk.objects.filter(seq=0).update(lease_until=timezone.now())


BREAKS = {
    _lost_count: "I1",
    _lost_result: "I1",
    _doubled_target: "I1",
    _missing_targets: "I1",
    _fallen_count: "I2",
    _worked_without_lease: "I3",
    _stolen_token: "I3",
    _risen_from_the_dead: "I4",
    _endless: "I4",
    _kept_credential: "I6",
    _expired_credential: "I6",
    _overdue_password: "I6",
    _never_approved: "I10",
    _approved_by_its_owner: "I10",
    _unwritten_step: "I7",
    _silent_change: "I7",
    _lease_of_the_dead: "I8",
    _lease_without_end: "I8",
}


@pytest.mark.parametrize("harm", BREAKS, ids=lambda harm: harm.__name__)
def test_what_breaks_an_invariant_is_told(
    done: Job, harm: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    harm()
    with pytest.raises(SystemExit) as ended:
        call_command("job", "audit", "--json")
    assert ended.value.code == 1
    told = json.loads(capsys.readouterr().out)
    assert BREAKS[harm] in {breach["invariant"] for breach in told}
    assert all(breach["job"] == str(done.pk) and breach["text"].endswith(".") for breach in told)


def test_more_leases_than_the_cap_are_told(prepared: Prepared) -> None:
    job = prepared(1500)
    assert claims.claim(job.pk, "a")
    assert claims.claim(job.pk, "b")
    TenantLimit.objects.update(max_leases=1)
    assert [str(breach) for breach in audit()] == ["I5  all jobs: acme has 2 live leases, its cap is 1."]
