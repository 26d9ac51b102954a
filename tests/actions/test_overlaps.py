"""Two jobs about the same targets: what the second one's page says will come of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from c8yadmin.jobs import engine
from c8yadmin.jobs.models import Job
from sdk.sandbox.store.tenant import Tenant
from tests.actions.conftest import Bulk
from tests.web.words import words

At = Callable[..., Bulk]
RESTART = {"body": '{"c8y_Restart": {}}', "unsupported": "on"}
RENAME = {"pattern": "{name}!"}
TYPED: dict[str, dict[str, str]] = {
    "operations.create": RESTART,
    "inventory.delete": {},
    "inventory.rename": RENAME,
    "inventory.set": {"fragment": "c8y_Note", "value": "1"},
    "inventory.group.add": {"group": "Empty <i>group</i> & 'spares'"},
    "inventory.export": {"format": "csv"},
}
BOTH = "Both may run, and both take effect."
GONE = "Both may run: what one of them has deleted, the other skips."
LAST = "Both may run: where they change the same, the last change stays."


@pytest.fixture
def ids(acme: Tenant, devices: dict[str, Any]) -> list[str]:
    return list(devices)[:2]


def said(page: Bulk, job: Job) -> str:
    shown = words(page.page(job))
    return shown.partition("which is not over.")[2].partition("Confirm and start")[0]


@pytest.mark.parametrize(
    ("first", "second", "words_of_both"),
    [
        ("operations.create", "operations.create", BOTH),
        ("operations.create", "inventory.rename", BOTH),
        ("inventory.delete", "inventory.delete", GONE),
        ("inventory.delete", "operations.create", GONE),
        ("inventory.rename", "inventory.delete", GONE),
        ("inventory.rename", "inventory.set", LAST),
        ("inventory.rename", "inventory.group.add", LAST),
    ],
)
def test_the_words_fit_what_the_two_jobs_do(
    bulk: At, ids: list[str], first: str, second: str, words_of_both: str
) -> None:
    page = bulk("devices")
    page.prepare(first, ids, typed=TYPED[first])
    told = said(page, page.prepare(second, ids, typed=TYPED[second]))
    assert [sentence for sentence in (BOTH, GONE, LAST) if sentence in told] == [words_of_both]


def test_a_revert_beside_another_job_is_told_by_what_it_does(bulk: At, ids: list[str]) -> None:
    page = bulk("devices")
    sent = page.prepare("operations.create", ids, typed=RESTART)
    renamed = page.prepare("inventory.rename", ids, typed=RENAME)
    page.confirm(sent)
    page.confirm(renamed)
    page.prepare("inventory.set", ids, typed=TYPED["inventory.set"])
    assert BOTH in said(page, page.revert(sent))
    assert LAST in said(page, page.revert(renamed))


def test_an_export_reads_what_is_there_beside_a_change(bulk: At, ids: list[str], no_workers: None) -> None:
    page = bulk("devices")
    export = page.prepare("inventory.export", ids, typed=TYPED["inventory.export"])
    engine.work(export.pk, "preparer")
    assert Job.objects.get().state == "QUEUED"
    job = page.prepare("inventory.rename", ids, typed=RENAME)
    engine.work(job.pk, "preparer")
    assert "Both may run: an export has what is there when it is read." in said(page, job)
