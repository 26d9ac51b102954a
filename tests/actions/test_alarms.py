"""Alarms that are changed together, and those that are over and stay so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.actions.conftest import Bulk, reasons
from tests.web.words import words

At = Callable[..., Bulk]
Alarms = dict[str, dict[str, Any]]
WHY = "It is cleared: reactivate it to acknowledge it."
MINOR = {"all": "1", "filter": "severity=MINOR"}


@pytest.fixture
def minor(acme: Tenant) -> Alarms:
    """The tenant's eight minor alarms by id, of which the first three are cleared."""
    found: Alarms = {}
    for n, alarm in enumerate(acme.alarms.newest()):
        alarm["severity"] = "MINOR" if n < 8 else "MAJOR"
        if n < 8:
            found[alarm["id"]] = alarm
            alarm["status"] = "CLEARED" if n < 3 else "ACTIVE"
    return found


def statuses(alarms: Alarms) -> Counter[str]:
    return Counter(alarm["status"] for alarm in alarms.values())


def test_to_acknowledge_all_that_match_opens_no_cleared_alarm_again(bulk: At, minor: Alarms) -> None:
    browser, n = bulk("alarms"), len(minor)
    job = browser.prepare("alarms.status", typed={"status": "ACKNOWLEDGED"}, **MINOR)
    shown = words(browser.page(job))
    assert "3 of them are cleared, and will be skipped: only “Reactivate” opens them again." in shown
    assert WHY in shown
    assert browser.confirm(job) == {"state": "COMPLETED", "total": n, "ok": n - 3, "skipped": 3}
    assert statuses(minor) == {"CLEARED": 3, "ACKNOWLEDGED": n - 3}
    assert reasons() == {WHY}


def test_of_selected_alarms_the_cleared_ones_are_skipped(bulk: At, minor: Alarms) -> None:
    browser, ids = bulk("alarms"), list(minor)[2:4]
    job = browser.prepare("alarms.status", ids, typed={"status": "ACKNOWLEDGED"})
    assert "Those that are cleared will be skipped" in words(browser.page(job))
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 2, "ok": 1, "skipped": 1}
    assert [minor[id]["status"] for id in ids] == ["CLEARED", "ACKNOWLEDGED"]


def test_nothing_is_said_of_cleared_alarms_where_there_are_none(bulk: At, minor: Alarms) -> None:
    browser, typed = bulk("alarms"), {"status": "ACKNOWLEDGED"}
    active = {"all": "1", "filter": "severity=MINOR&status=ACTIVE"}
    assert "will be skipped" not in words(
        browser.page(browser.prepare("alarms.status", typed=typed, **active))
    )
    for alarm in minor.values():
        alarm["status"] = "ACTIVE"
    assert "will be skipped" not in words(
        browser.page(browser.prepare("alarms.status", typed=typed, **MINOR))
    )


def test_reactivating_opens_cleared_alarms_again_and_can_be_reverted(bulk: At, minor: Alarms) -> None:
    browser, n = bulk("alarms"), len(minor)
    job = browser.prepare("alarms.status", typed={"status": "ACTIVE"}, **MINOR)
    assert "will be skipped: only" not in words(browser.page(job))
    assert browser.confirm(job) == {"state": "COMPLETED", "total": n, "ok": 3, "skipped": n - 3}
    assert statuses(minor) == {"ACTIVE": n}
    browser.confirm(browser.revert(job))
    assert statuses(minor) == {"CLEARED": 3, "ACTIVE": n - 3}


def test_an_acknowledged_alarm_that_was_cleared_is_acknowledged_again_by_a_revert(
    bulk: At, minor: Alarms
) -> None:
    browser, id = bulk("alarms"), list(minor)[5]
    minor[id]["status"] = "ACKNOWLEDGED"
    job = browser.prepare("alarms.status", [id], typed={"status": "CLEARED"})
    browser.confirm(job)
    assert minor[id]["status"] == "CLEARED"
    browser.confirm(browser.revert(job))
    assert minor[id]["status"] == "ACKNOWLEDGED"


def test_a_dry_run_tells_how_many_are_cleared(
    minor: Alarms, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    password = sandbox.credentials["acme"]["admin"]["password"]
    given = {"BASEURL": "http://acme.sandbox", "TENANT": "acme", "USER": "admin", "PASSWORD": password}
    for name, value in given.items():
        monkeypatch.setenv(f"C8Y_{name}", value)
    said, what = StringIO(), ["--query", "severity=MINOR", "--param", "status=ACKNOWLEDGED"]
    call_command("job", "submit", "alarms.status", *what, "--dry-run", stdout=said)
    assert "3 of them are cleared, and will be skipped" in said.getvalue()
