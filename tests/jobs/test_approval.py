"""The two-person rule: who asks, who approves, and what makes an approval void."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from c8yadmin.accounts.credentials import Credential
from c8yadmin.core.request import Person
from c8yadmin.core.tenants import find
from c8yadmin.jobs import engine
from c8yadmin.jobs.authority import approvals
from c8yadmin.jobs.authority.approvals import NotApproved
from c8yadmin.jobs.authority.rules import Rule
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.execution.transitions import NotAllowed
from c8yadmin.jobs.models import Approval, Job
from c8yadmin.jobs.orders import control, submission
from c8yadmin.jobs.registry import Outcome, find_action
from c8yadmin.jobs.states import State
from tests.jobs.conftest import Ledger
from tests.jobs.reading import figures, steps

MakeJob = Callable[..., Job]


@pytest.fixture
def waiting(make_job: MakeJob, settings: Any, no_workers: None) -> Callable[..., Job]:
    """A job of `admin` that waits for approval: every job does."""
    settings.APPROVAL = "all"

    def make(n: int = 3, **order: Any) -> Job:
        job = make_job(n, autostart=True, **order)
        engine.work(job.pk, "preparer")
        job.refresh_from_db()
        assert job.standing is State.AWAITING_APPROVAL
        return job

    return make


def person(name: str, *roles: str) -> Person:
    return Person(name, name, frozenset(roles or ["ROLE_INVENTORY_ADMIN"]))


def approve(job: Job, who: str = "bob", comment: str = "") -> None:
    approvals.approve(job.pk, person(who), seen=approvals.fingerprint(job.pk), comment=comment)


def standing(job: Job) -> State:
    return Job.objects.get(pk=job.pk).standing


def work(job: Job) -> None:
    while engine.work(job.pk, "w"):
        pass


@pytest.mark.parametrize(
    ("text", "destructive", "total", "wants"),
    [
        ("off", True, 10**6, False),
        ("", True, 10**6, False),
        ("destructive", True, 1, True),
        ("destructive", False, 10**6, False),
        ("1000", True, 1000, False),
        ("1000", False, 1001, True),
        ("destructive,1000", True, 1, True),
        ("destructive, 1000", False, 1000, False),
        ("1000,DESTRUCTIVE", False, 1001, True),
        ("all", False, 1, True),
    ],
)
def test_the_rule_says_which_jobs_need_a_second_person(
    text: str, destructive: bool, total: int, wants: bool, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    action = find_action("test.mark")
    monkeypatch.setattr(type(action), "destructive", destructive)
    assert bool(Rule.parse(text).why(action, total)) is wants


@pytest.mark.parametrize("text", ["on", "-1", "1,2", "destructive,destructively", "off,all", "1e3", "٣"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no rule"):
        Rule.parse(text)


def test_a_tenants_own_rule_goes_before_the_consoles(
    make_job: MakeJob, settings: Any, no_workers: None
) -> None:
    settings.APPROVAL = "all"
    settings.TENANTS = [settings.TENANTS[0] | {"approval": "off"}]
    job = make_job(2, autostart=True)
    engine.work(job.pk, "w")
    assert standing(job) is State.QUEUED


def test_nothing_is_done_before_somebody_else_approves(waiting: Callable[..., Job], ledger: Ledger) -> None:
    job = waiting()
    work(job)
    sweep()
    assert not ledger.done
    approve(job, comment="Change 42")
    work(job)
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}
    step = job.events.get(before="AWAITING_APPROVAL")
    assert (step.actor, step.reason, step.after) == ("bob", "Approved: Change 42", "QUEUED")


def test_a_confirmed_job_waits_too(make_job: MakeJob, settings: Any, no_workers: None) -> None:
    settings.APPROVAL = "2"
    job = make_job(3)
    engine.work(job.pk, "w")
    job.refresh_from_db()
    control.confirm(job, "admin", typed=None)
    assert standing(job) is State.AWAITING_APPROVAL
    assert "More than 2 targets" in Approval.objects.get().why


@pytest.mark.parametrize("who", ["admin", "ADMIN", "Admin"])
def test_nobody_approves_their_own_job(waiting: Callable[..., Job], who: str) -> None:
    job = waiting()
    with pytest.raises(NotApproved, match="their own"):
        approve(job, who)
    assert standing(job) is State.AWAITING_APPROVAL


@pytest.mark.parametrize("roles", [(), ("ROLE_INVENTORY_READ", "ROLE_TENANT_ADMIN")])
def test_who_may_not_do_it_does_not_approve_it(waiting: Callable[..., Job], roles: tuple[str, ...]) -> None:
    job = waiting()
    nobody = Person("bob", "bob", frozenset(roles))
    with pytest.raises(NotApproved, match="ROLE_INVENTORY_ADMIN"):
        approvals.approve(job.pk, nobody, seen=approvals.fingerprint(job.pk))
    with pytest.raises(NotApproved, match="ROLE_INVENTORY_ADMIN"):
        approvals.reject(job.pk, nobody, "No")
    assert standing(job) is State.AWAITING_APPROVAL


def test_the_service_user_approves_nothing_that_it_would_do(waiting: Callable[..., Job]) -> None:
    job = waiting()
    Job.objects.update(works_as="robot")
    with pytest.raises(NotApproved, match="robot would do the work"):
        approve(job, "robot")


def test_who_asked_for_the_first_job_approves_no_retry_of_it(
    waiting: Callable[..., Job], ledger: Ledger, credential: Credential
) -> None:
    job = waiting(2)
    approve(job, "bob")
    ledger.deeds = {"*": lambda _: Outcome.failed("no")}
    work(job)
    job.refresh_from_db()
    acme = find("acme")
    assert acme is not None
    again = submission.retry(job, acme, credential, "bob", autostart=True)
    engine.work(again.pk, "w")
    assert standing(again) is State.AWAITING_APPROVAL
    for own in ("admin", "bob"):
        with pytest.raises(NotApproved):
            approve(again, own)
    approve(again, "carol")
    assert standing(again) is State.QUEUED


def test_of_two_approvers_one_is_told_that_it_was_done(waiting: Callable[..., Job]) -> None:
    job = waiting()
    approve(job, "bob")
    with pytest.raises(NotAllowed, match="queued"):
        approve(job, "carol")
    assert Approval.objects.get().approver == "bob"
    assert steps(job).count("QUEUED") == 1


def test_what_was_canceled_is_not_approved(waiting: Callable[..., Job], ledger: Ledger) -> None:
    job = waiting()
    control.cancel(job, "admin")
    with pytest.raises(NotAllowed, match="canceled"):
        approve(job)
    assert standing(job) is State.CANCELED
    assert not ledger.done


def test_a_rejected_job_goes_back_to_its_owner_with_the_words(waiting: Callable[..., Job]) -> None:
    job = waiting()
    approvals.reject(job.pk, person("bob"), "Too many at once")
    job.refresh_from_db()
    assert (job.standing, job.problem) == (State.READY, "bob rejected it: Too many at once")
    assert not Approval.objects.exists()
    control.confirm(job, "admin", typed=None)
    assert standing(job) is State.AWAITING_APPROVAL


def test_what_changed_since_it_was_looked_at_is_not_approved(waiting: Callable[..., Job]) -> None:
    job = waiting()
    seen = approvals.fingerprint(job.pk)
    Job.objects.update(rate_per_s=5)
    with pytest.raises(NotApproved, match="changed since"):
        approvals.approve(job.pk, person("bob"), seen=seen)
    assert standing(job) is State.AWAITING_APPROVAL


@pytest.mark.parametrize("change", [{"parallel": 32}, {"params": {"mark": "y"}}, {"total": 4}])
def test_a_change_after_the_approval_makes_it_void(
    waiting: Callable[..., Job], ledger: Ledger, change: dict[str, Any]
) -> None:
    job = waiting()
    approve(job)
    Job.objects.update(**change)
    work(job)
    job.refresh_from_db()
    assert (job.standing, job.problem) == (
        State.AWAITING_APPROVAL,
        "It was changed after bob approved it, so it needs approval again.",
    )
    assert not ledger.done
    assert Approval.objects.get().approver == ""


def test_a_job_for_later_that_is_put_off_waits_for_approval_again(
    waiting: Callable[..., Job], ledger: Ledger
) -> None:
    soon = timezone.now() + timedelta(hours=1)
    kept, changed = (waiting(settings={"scheduled_at": soon}) for _ in range(2))
    for job in (kept, changed):
        approve(job)
        assert standing(job) is State.SCHEDULED
    Job.objects.filter(pk=changed.pk).update(scheduled_at=soon + timedelta(days=1))
    sweep()
    assert standing(kept) is State.SCHEDULED
    assert standing(changed) is State.AWAITING_APPROVAL


def test_an_approved_job_is_paused_and_resumed_without_another_approval(
    waiting: Callable[..., Job], ledger: Ledger
) -> None:
    job = waiting()
    approve(job)
    control.pause(job, "admin")
    control.resume(job, "admin")
    work(job)
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}


def test_an_approved_job_for_later_begins_in_its_time(waiting: Callable[..., Job], ledger: Ledger) -> None:
    job = waiting(settings={"scheduled_at": timezone.now() + timedelta(seconds=2)})
    approve(job)
    assert standing(job) is State.SCHEDULED
    time.sleep(2)
    sweep()
    work(job)
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}


def test_what_only_reads_needs_nobody(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    action = find_action("test.mark")
    monkeypatch.setattr(type(action), "reads", True)
    assert Rule.parse("all").why(action, 10**6) == ""
