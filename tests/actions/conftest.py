"""Bulk actions as an administrator does them: in the pages, from the selection to the confirmed job."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.test import Client

from c8yadmin.jobs.models import ItemResult, Job
from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.jobs.conftest import no_workers  # noqa: F401  # a fixture for the tests here, too
from tests.jobs.forms import fields
from tests.jobs.reading import figures

JOBS = "/t/acme/jobs/"


class Bulk:
    """One user at one list, acting on what is selected there."""

    def __init__(self, browser: Client, target: str) -> None:
        self.browser: Any = browser
        self.target = target

    def form(self, action: str, ids: Iterable[str] = (), **scope: str) -> Any:
        """The form that a button above the list leads to; `all="1", filter="…"` instead of ids."""
        query = {"action": action, "target": self.target, "id": list(ids)} | scope
        return self.browser.get(f"{JOBS}new/", query)

    def send(self, action: str, ids: Iterable[str] = (), *, typed: Any = None, **scope: str) -> Any:
        """The answer to the filled form."""
        return self.browser.post(f"{JOBS}new/", fields(self.form(action, ids, **scope)) | (typed or {}))

    def prepare(self, action: str, ids: Iterable[str] = (), *, typed: Any = None, **scope: str) -> Job:
        """The job that the filled form makes, prepared and waiting for its confirmation."""
        answer = self.send(action, ids, typed=typed, **scope)
        assert answer.status_code == 302, answer.content.decode()
        return Job.objects.get(pk=answer["Location"].split("/")[-2])

    def page(self, job: Job) -> Any:
        return self.browser.get(f"{JOBS}{job.pk}/")

    def confirm(self, job: Job) -> dict[str, Any]:
        """How the job ended, after its count was typed where it is asked for."""
        answer = self.browser.post(f"{JOBS}{job.pk}/confirm/", {"count": str(job.total)})
        assert answer.status_code == 302, answer.content.decode()
        return figures(job)

    def revert(self, job: Job) -> Job:
        """The job that "Revert this job" on the page of `job` makes, prepared."""
        answer = self.browser.post(f"{JOBS}{job.pk}/revert/")
        assert answer.status_code == 302, answer.content.decode()
        return Job.objects.get(pk=answer["Location"].split("/")[-2])

    def run(self, action: str, ids: Iterable[str] = (), *, typed: Any = None, **scope: str) -> dict[str, Any]:
        """How the job of the filled form ended, once it was confirmed."""
        return self.confirm(self.prepare(action, ids, typed=typed, **scope))


def reasons() -> set[str]:
    """Why targets of the only job were skipped or failed."""
    return set(ItemResult.objects.values_list("message", flat=True))


@pytest.fixture
def bulk(sign_in: Callable[..., Client], settings: Any) -> Callable[..., Bulk]:
    """`bulk("devices")`, `bulk("users", user="reader")`."""
    settings.JOBS_COMMIT_SECONDS = 0.1

    def at(target: str, user: str = "admin") -> Bulk:
        return Bulk(sign_in(user), target)

    return at


@pytest.fixture
def acme(sandbox: Sandbox) -> Tenant:
    """The tenant that the tests are signed in to."""
    return sandbox.tenant("acme")


@pytest.fixture
def devices(acme: Tenant) -> dict[str, dict[str, Any]]:
    """The tenant's devices by id, as it holds them."""
    return {id: found for id, found in acme.inventory.objects.items() if "c8y_IsDevice" in found}
