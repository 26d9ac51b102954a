"""Two jobs on the same targets: told before the second begins, and both do what they shall."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from c8yadmin.jobs import engine
from c8yadmin.jobs.models import Job
from tests.jobs.reading import figures
from tests.web.words import words

pytestmark = [pytest.mark.django_db, pytest.mark.fault("F34")]
Prepared = Callable[..., Job]


def shown(browser: Client, job: Job) -> str:
    answer: Any = browser.get(f"/t/acme/jobs/{job.pk}/")
    return words(answer)


def test_a_job_on_targets_of_another_says_so_before_it_begins(
    sign_in: Callable[..., Client], settings: Any, make_job: Callable[..., Job], prepared: Prepared
) -> None:
    first = prepared(700)
    second = make_job(ids=[str(i) for i in range(600, 900)])
    apart = make_job(ids=["9001"])
    for job in (second, apart):
        engine.work(job.pk, "preparer")
    settings.TENANT_CONNECTOR = "tests.tenants.connector"
    browser = sign_in()
    told = shown(browser, second)
    assert "101 of these things are also targets of Mark x , which is not over" in told, told[600:2000]
    assert f"/t/acme/jobs/{first.pk}/" in browser.get(f"/t/acme/jobs/{second.pk}/").content.decode()
    assert "also" not in shown(browser, apart)


def test_another_users_job_is_told_of_without_its_name(
    sign_in: Callable[..., Client], settings: Any, make_job: Callable[..., Job], prepared: Prepared
) -> None:
    prepared(3)
    mine = make_job(3, owner="operator")
    engine.work(mine.pk, "preparer")
    settings.TENANT_CONNECTOR = "tests.tenants.connector"
    told = shown(sign_in("operator"), mine)
    assert "3 of these things are also targets of a job of another user" in told


def test_both_jobs_do_all_of_their_targets(prepared: Prepared, ledger: Any) -> None:
    jobs = [prepared(700), prepared(700)]
    for _ in range(4):
        for job in jobs:
            engine.work(job.pk, "worker")
    for job in jobs:
        assert figures(job) == {"state": "COMPLETED", "total": 700, "ok": 700}
    assert set(ledger.done.values()) == {2}


def test_jobs_that_are_over_concern_nobody(prepared: Prepared, make_job: Callable[..., Job]) -> None:
    first = prepared(3)
    engine.work(first.pk, "worker")
    second = make_job(3)
    engine.work(second.pk, "preparer")
    second.refresh_from_db()
    assert second.preview["overlaps"] == []
