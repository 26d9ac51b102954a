"""How jobs shall work, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from c8yadmin.jobs.models import Job, TenantLimit
from sdk.sandbox import Sandbox

pytestmark = pytest.mark.django_db
Run = Callable[..., str]
SUBMIT = ("submit", "inventory.set", "--param", "fragment=c8y_Note", "--param", "value=1")


@pytest.fixture
def job(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`job("list")` gives what the command prints."""
    admin = {"TENANT": "acme", "USER": "admin", "PASSWORD": sandbox.credentials["acme"]["admin"]["password"]}
    for name, value in {"BASEURL": "http://acme.sandbox", **admin}.items():
        monkeypatch.setenv(f"C8Y_{name}", value)

    def run(*words: str) -> str:
        said = StringIO()
        call_command("job", *words, stdout=said)
        return said.getvalue()

    return run


@pytest.fixture
def ids(sandbox: Sandbox) -> list[str]:
    """The ids of twenty devices."""
    objects = sandbox.tenant("acme").inventory.objects
    return [id for id, found in objects.items() if "c8y_IsDevice" in found][:20]


def test_everything_that_the_page_asks_for_has_a_flag(job: Run, ids: list[str]) -> None:
    flags = "--rate 50 --parallel 4 --ramp-from 5 --ramp-factor 3 --ramp-every 30s --abort-percent 10 "
    flags += "--abort-minimum 5 --stages 10,50%,100% --stage-wait 15min --start-at 2031-07-01T10:00 "
    flags += "--not-after 2031-07-01T12:00 --window 9:00-17:00 --window-zone Europe/Berlin"
    said = job(*SUBMIT, "--ids", ",".join(ids), *flags.split())
    assert "SCHEDULED" in said or "READY" in said or "PREPARING" in said
    made = Job.objects.get()
    assert (made.rate_per_s, made.parallel, made.ramp_from, made.ramp_factor, made.ramp_seconds) == (
        50,
        4,
        5,
        3,
        30,
    )
    assert (made.abort_percent, made.abort_minimum) == (10, 5)
    assert (made.stages, made.stage_wait) == (["10", "50%", "100%"], 900)
    assert made.scheduled_at is not None
    assert made.scheduled_at.isoformat() == "2031-07-01T08:00:00+00:00"
    assert (made.hours, made.hours_zone) == ("09:00-17:00", "Europe/Berlin")
    assert "Starts at 2031-07-01 10:00 (Europe/Berlin)." in job("show", str(made.pk))


def test_an_empty_percentage_lets_no_failures_end_the_job(job: Run, ids: list[str]) -> None:
    job(*SUBMIT, "--ids", ids[0], "--abort-percent", "")
    assert Job.objects.get().abort_percent > 100
    with pytest.raises(CommandError, match=r"--abort-percent: This can be 100 at most."):
        job(*SUBMIT, "--ids", ids[0], "--abort-percent", "101")


def test_a_moment_may_name_its_own_offset(job: Run, ids: list[str]) -> None:
    job(*SUBMIT, "--ids", ids[0], "--start-at", "2031-07-01T10:00-05:00")
    made = Job.objects.get()
    assert made.scheduled_at is not None
    assert made.scheduled_at.isoformat() == "2031-07-01T15:00:00+00:00"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--rate fast", "--rate: Enter a number. Or write none."),
        ("--parallel 99", "--parallel: "),
        ("--ramp-from 5", "--ramp-from: A ramp needs a rate to grow to"),
        ("--ramp-every soon", "--ramp-every: “soon” is no length of time"),
        ("--abort-percent 200", "--abort-percent: "),
        ("--stages ten", "--stages: “ten” is no stage"),
        ("--stage-wait forever", "--stage-wait: “forever” is no length of time"),
        ("--start-at 2020-01-01T10:00", "--start-at: That time has passed"),
        ("--not-after yesterday", "--not-after: This is no moment"),
        ("--window night", "--window: “night” is no time of day"),
        ("--window-zone Nowhere", "--window-zone: There is no time zone “Nowhere”"),
    ],
)
def test_a_wrong_flag_is_named_and_nothing_is_made(job: Run, ids: list[str], flags: str, words: str) -> None:
    with pytest.raises(CommandError) as refused:
        job(*SUBMIT, "--ids", ids[0], *flags.split())
    assert words in str(refused.value)
    assert not Job.objects.exists()


def test_whoever_waits_waits_for_the_stages_too(job: Run, ids: list[str]) -> None:
    said = json.loads(
        job(*SUBMIT, "--ids", ",".join(ids), "--stages", "5,10", "--stage-wait", "1s", "--wait", "--json")
    )
    assert (said["state"], said["ok"]) == ("COMPLETED", 20)
    steps = list(Job.objects.get().events.order_by("id").values_list("after", flat=True))
    assert steps.count("PAUSED") == 2


def test_whoever_waits_leaves_where_only_a_person_can_go_on(job: Run, ids: list[str]) -> None:
    with pytest.raises(SystemExit):
        job(*SUBMIT, "--ids", ",".join(ids), "--stages", "5", "--wait")
    made = Job.objects.get()
    assert (made.state, made.pause_reason) == ("PAUSED", "STAGE_DONE")
    assert "The first 5 done; goes on when you let it." in job("show", str(made.pk))
    assert json.loads(job("resume", str(made.pk), "--wait", "--json"))["state"] == "COMPLETED"


def test_the_speed_of_a_job_is_changed(job: Run, ids: list[str]) -> None:
    job(*SUBMIT, "--ids", ",".join(ids), "--stages", "5")
    made = Job.objects.get()
    job("set", str(made.pk), "--rate", "7.5")
    job("set", str(made.pk), "--parallel", "3")
    made.refresh_from_db()
    assert (made.rate_per_s, made.parallel) == (7.5, 3)
    job("set", str(made.pk), "--rate", "none")
    made.refresh_from_db()
    assert made.rate_per_s is None
    told = list(made.events.filter(before="PAUSED", after="PAUSED"))
    assert len(told) == 3
    assert all("command line" in event.actor for event in told)
    for flags in (["--parallel", "0"], ["--rate", "quick"], []):
        with pytest.raises(CommandError):
            job("set", str(made.pk), *flags)
    job("cancel", str(made.pk))
    with pytest.raises(CommandError, match="The job is canceled"):
        job("set", str(made.pk), "--rate", "5")


def test_the_limits_of_a_tenant_are_shown_and_changed(job: Run) -> None:
    assert job("limit", "acme") == "acme: 4 slots, any rate, at any time.\n"
    assert not TenantLimit.objects.exists()
    said = job(
        "limit", "acme", "--rate", "20", "--slots", "2", "--window", "22:00-05:00", "--window-zone", "UTC"
    )
    assert said == "acme: 2 slots, at most 20 requests per second, 10 at once, only 22:00–05:00 (UTC).\n"
    assert json.loads(job("limit", "acme", "--rate", "none", "--window", "", "--json")) == {
        "tenant": "acme",
        "rate": None,
        "burst": 10,
        "max_leases": 2,
        "hours": "",
        "hours_zone": "",
    }
    for words in (["nobody"], ["acme", "--slots", "0"], ["acme", "--window", "all day"]):
        with pytest.raises(CommandError):
            job("limit", *words)
    with pytest.raises(CommandError, match=r"--rate: With 0 no job .* Or write none\."):
        job("limit", "acme", "--rate", "0")


def test_one_job_too_many_is_refused(job: Run, ids: list[str], settings: Any) -> None:
    settings.JOBS_PER_USER = 1
    job(*SUBMIT, "--ids", ids[0], "--start-at", "2031-07-01T10:00")
    with pytest.raises(CommandError, match="You have 1 job that is not over"):
        job(*SUBMIT, "--ids", ids[0])
