"""What the preview of a job says about the targets that it could not read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.actions.conftest import Bulk
from tests.web.words import words

At = Callable[..., Bulk]
Devices = dict[str, dict[str, Any]]
RENAMED = {"pattern": "{name}!"}
pytestmark = pytest.mark.django_db


def test_targets_that_the_user_may_not_read_are_counted_in_the_preview(
    bulk: At, devices: Devices, acme: Tenant
) -> None:
    group = acme.assignments["restricted"][1]["managedObject"]
    below = set(acme.inventory.hierarchy(group))
    own, foreign = [id for id in devices if id in below], [id for id in devices if id not in below]
    browser = bulk("devices", user="restricted")
    page = browser.page(browser.prepare("inventory.rename", [own[0], *foreign[:2]], typed=RENAMED))
    told = (
        "1 of 3. 2 more could not be read: they do not exist in the tenant, or restricted may not see them."
    )
    assert told in words(page)
    assert "picked from all over the set" not in words(page)


def test_a_target_that_is_gone_is_counted_in_the_preview_of_many(bulk: At, devices: Devices) -> None:
    browser, ids = bulk("devices"), list(devices)[:9]
    page = browser.page(browser.prepare("inventory.rename", [*ids, "99999999999"], typed=RENAMED))
    assert "4 of 10, picked from all over the set. 1 more could not be read: it does not exist" in words(page)


def test_a_preview_that_read_all_that_it_looked_at_misses_nothing(bulk: At, devices: Devices) -> None:
    browser = bulk("devices")
    page = browser.page(browser.prepare("inventory.rename", list(devices)[:3], typed=RENAMED))
    assert "This is all of it." in words(page)
    assert "could not be read" not in words(page)


def test_a_preview_without_any_target_says_why(bulk: At) -> None:
    browser = bulk("devices")
    page = browser.page(browser.prepare("inventory.rename", ["99999999998", "99999999999"], typed=RENAMED))
    assert "looked at could be read: they do not exist in the tenant, or admin may not see them." in words(
        page
    )


def test_a_target_without_a_name_is_named_once(bulk: At, devices: Devices) -> None:
    nameless = next(iter(devices))
    del devices[nameless]["name"]
    browser = bulk("devices")
    page = words(browser.page(browser.prepare("inventory.rename", [nameless], typed={"pattern": "{id}!"})))
    heading = page.split("This is all of it.")[1].split("Path Before After")[0]
    assert heading.split() == [nameless]


@pytest.mark.parametrize("answer", [{"wrong_json": True}, {"status": 500, "html": True}], ids=["page", "500"])
@pytest.mark.parametrize("undone", [False, True], ids=["delete", "revert"])
def test_a_preview_goes_on_where_the_tenant_answers_badly_now_and_then(
    bulk: At,
    devices: Devices,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    answer: dict[str, Any],
    undone: bool,
) -> None:
    monkeypatch.setattr("c8yadmin.jobs.execution.answers.BACKOFF_BASE", 0.001)
    monkeypatch.setattr("c8yadmin.jobs.execution.attempts.SETTLING", 0.01)
    browser, ids = bulk("devices"), list(devices)[-5:]
    job = browser.prepare("inventory.delete", ids, typed={"cascade": "on"})
    if undone:
        browser.confirm(job)
    for skipped in (0, 3, 6, 7, 13):
        sandbox.faults.add("/[!u]*", skip=skipped, times=1, **answer)
    job = browser.revert(job) if undone else browser.prepare("inventory.delete", ids, typed={"cascade": "on"})
    assert job.state == "READY", job.problem
    assert len(job.preview["items"]) == 5
