"""Rates that can be meant: of all jobs of a tenant, and of a single one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.models import Job, TenantLimit
from c8yadmin.jobs.states import State
from sdk.sandbox import Sandbox
from tests.jobs.test_options import JOBS, confirm, ready
from tests.web.words import words

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
LIMITS = {"rate": "20", "burst": "5", "max_leases": "2", "hours": "", "hours_zone": ""}
ZERO = "With 0 no job would ever go on. Empty is no limit; to stop a job, pause it on its page."
SLOW = "Less than 0.01, one request in 100 seconds, would hardly ever end."


@pytest.fixture
def devices(sandbox: Sandbox) -> list[str]:
    objects = sandbox.tenant("acme").inventory.objects
    return [id for id, found in objects.items() if "c8y_IsDevice" in found]


@pytest.mark.parametrize(("rate", "why"), [("0", ZERO), ("-0.0", ZERO), ("0.000001", SLOW), ("-3", SLOW)])
def test_a_rate_at_which_nothing_would_go_on_is_refused_and_no_limit_is_lifted(
    sign_in: SignIn, rate: str, why: str
) -> None:
    browser = sign_in()
    assert browser.post(f"{JOBS}limits/", LIMITS).status_code == 302
    refused = browser.post(f"{JOBS}limits/", LIMITS | {"rate": rate})
    assert refused.status_code == 422
    assert why in words(refused)
    assert f'value="{rate}"' in refused.content.decode()
    assert TenantLimit.objects.get(tenant="acme").rate == 20


def test_an_empty_rate_and_the_least_one_are_taken(sign_in: SignIn) -> None:
    browser = sign_in()
    for typed, kept in (("0.01", 0.01), ("", None)):
        assert browser.post(f"{JOBS}limits/", LIMITS | {"rate": typed}).status_code == 302
        assert TenantLimit.objects.get(tenant="acme").rate == kept


def test_a_job_is_not_set_free_by_a_rate_of_nothing(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    job = ready(browser, devices[:20])
    assert ZERO in words(confirm(browser, job, rate_per_s="0"))
    confirm(browser, job, rate_per_s="50", stages="10")
    refused = browser.post(f"{JOBS}{job.pk}/speed/", {"rate_per_s": "0", "parallel": "3"})
    assert refused.status_code == 422
    assert ZERO in words(refused)
    job.refresh_from_db()
    assert job.rate_per_s == 50


@pytest.mark.parametrize("whose", ["tenant", "job"])
def test_what_is_left_follows_a_rate_that_has_just_been_set(
    sign_in: SignIn, devices: list[str], whose: str
) -> None:
    browser = sign_in()
    job = ready(browser, devices[:60])
    mark = [(clock() - timedelta(seconds=10)).timestamp(), -10]  # a target in a second
    own = {"rate_per_s": 0.02} if whose == "job" else {}
    Job.objects.filter(pk=job.pk).update(state=State.RUNNING, started_at=clock(), marks=[mark], **own)
    if whose == "tenant":
        TenantLimit.objects.update_or_create(tenant="acme", defaults={"rate": 0.02})
    assert "about 1 h 40 min left" in words(browser.get(f"{JOBS}{job.pk}/"))  # each a read and a change
