"""What somebody may try against jobs that are not theirs, or by forms that nobody showed them."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from c8yadmin.accounts.credentials import CredentialLost, unseal
from c8yadmin.jobs import engine
from c8yadmin.jobs.authority import credentials
from c8yadmin.jobs.models import Job, JobCredential
from c8yadmin.jobs.states import State
from c8yadmin.jobs.urls import urlpatterns
from sdk.sandbox import Sandbox
from tests.jobs.forms import fields
from tests.jobs.lending import JOBS, confirm, consent, standing, work
from tests.jobs.reading import figures, steps

SignInto = Callable[..., Client]
PAGES = sorted(
    str(entry.pattern).removeprefix("<uuid:id>") for entry in urlpatterns if "<uuid:id>" in str(entry.pattern)
)


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_a_job_of_somebody_else_or_of_another_tenant_is_not_there(
    prepared: Any, sign_in: SignInto, page: str
) -> None:
    _, job = prepared()
    before = Job.objects.values().get()
    for tenant, stranger in (("acme", sign_in("reader")), ("globex", sign_in("admin", "globex"))):
        address = f"/t/{tenant}/jobs/{job.pk}{page}"
        answers = {stranger.get(address).status_code, stranger.post(address).status_code}
        assert answers <= {404, 405}
        assert 404 in answers
    nobody = Client()
    assert nobody.get(f"/t/acme/jobs/{job.pk}{page}")["Location"].startswith("/sign-in/")
    assert Job.objects.values().get() == before


@pytest.mark.django_db
def test_what_a_forged_confirmation_adds_changes_nothing_about_the_job(prepared: Any) -> None:
    browser, job = prepared()
    before = Job.objects.values("action", "params", "target_spec", "total", "owner", "tenant").get()
    forged = {"action": "inventory.delete", "target": "users", "owner": "operator", "total": "1", "all": "1"}
    confirm(browser, job, filter="", params="{}", works_as="admin", state="COMPLETED", **forged)
    assert Job.objects.values("action", "params", "target_spec", "total", "owner", "tenant").get() == before
    assert (standing(job), Job.objects.get().works_as) == (State.QUEUED, "")


@pytest.mark.django_db
@pytest.mark.parametrize("count", ["", "2", "4", "3.0", "-3", "3e0", "3\0", "9" * 400, "NaN"])
def test_a_count_that_is_not_the_number_of_targets_starts_nothing(
    prepared: Any, settings: Any, count: str
) -> None:
    browser, job = prepared()
    settings.TENANTS = [settings.TENANTS[0] | {"access": "guarded"}]
    assert confirm(browser, job, count=count).status_code == 422
    assert standing(job) is State.READY


def at_once(times: int, work: Callable[[], Any]) -> list[Any]:
    start = threading.Barrier(times)

    def run(_: int) -> Any:
        start.wait()
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def again(browser: Client) -> Client:
    """Another tab of the same browser."""
    tab = Client()
    tab.cookies = browser.cookies
    return tab


@pytest.mark.django_db(transaction=True)
def test_ten_clicks_on_delete_make_one_job_that_begins_once(
    sign_in: SignInto, sandbox: Sandbox, no_workers: None
) -> None:
    browser = sign_in()
    query = {"action": "inventory.delete", "target": "devices", "all": "1", "filter": ""}
    form = fields(browser.get(f"{JOBS}new/", query))

    def click() -> HttpResponse:
        return again(browser).post(f"{JOBS}new/", form)

    answers = at_once(10, click)
    job = Job.objects.get()
    assert {answer["Location"] for answer in answers} == {f"{JOBS}{job.pk}/"}
    engine.work(job.pk, "w")
    job.refresh_from_db()
    clicks = at_once(10, lambda: confirm(again(browser), job, count=str(job.total)).status_code)
    assert sorted(clicks) == [302] + [409] * 9
    assert steps(job).count("QUEUED") == 1


@pytest.mark.django_db
def test_a_stolen_database_opens_nothing_without_its_keys(
    prepared: Any, password: str, settings: Any, sandbox: Sandbox
) -> None:
    browser, job = prepared()
    confirm(browser, job, **consent(password))
    kept = JobCredential.objects.get()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    for sealed, place in (
        (kept.ciphertext, credentials.place(job)),
        (kept.password, ("job-password", *credentials.place(job)[1:])),
    ):
        with pytest.raises(CredentialLost):
            unseal(sealed, *place)


@pytest.mark.django_db
def test_a_job_that_is_no_more_asks_no_tenant(prepared: Any, sandbox: Sandbox) -> None:
    browser, job = prepared()
    confirm(browser, job)
    asked = sandbox.faults.add("*")
    key = job.pk
    Job.objects.all().delete()
    assert engine.work(key, "w") is False
    assert asked.hits == 0


@pytest.mark.django_db
def test_who_lost_the_rights_in_between_confirms_what_the_tenant_then_refuses(
    prepared: Any, sandbox: Sandbox
) -> None:
    browser, job = prepared()
    sandbox.faults.add("/inventory/managedObjects/*", status=403, message="Not any more", method="PUT")
    confirm(browser, job)
    work(job)
    assert figures(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 3, "failed": 3}


def test_no_code_of_a_feature_gives_a_job_the_sign_in_itself() -> None:
    """`lent` keeps a password out of jobs whose owner did not consent; `credential` would not."""
    taken = re.compile(r"signin\.credential\(")
    sources = [path for path in Path("c8yadmin").rglob("*.py") if "accounts" not in path.parts]
    assert [str(path) for path in sources if taken.search(path.read_text())] == []
