"""Reverting an import: what it created goes, what it changed comes back, what others changed stays."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8yadmin.imports.mapping import part, undone
from c8yadmin.inventory.actions.importing import Objects
from c8yadmin.jobs.execution.differences import same
from c8yadmin.jobs.models import ItemResult, Job
from c8yadmin.jobs.registry import Unfit
from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.imports.conftest import Importer
from tests.web.words import words

Start = Callable[..., Importer]
Find = Callable[[str], dict[str, Any]]
FILE = "serial,name,c8y_Hardware.model,c8y_Position.lat\nSN-1,Pump 1,P-200,51.2\nSN-2,Pump 2,P-300,51.3\n"


def reverted(admin: Importer, job: Job) -> tuple[Job, dict[str, Any]]:
    """The job that takes `job` back, and how it ended."""
    answer = admin.browser.post(f"/t/acme/jobs/{job.pk}/revert/")
    assert answer.status_code == 302, answer.content.decode()
    back = Job.objects.get(pk=answer["Location"].split("/")[-2])
    return back, admin.confirm(back)


@pytest.mark.django_db
def test_what_was_created_is_deleted_and_what_was_changed_comes_back(
    importer: Start, acme: Tenant, by_serial: Find
) -> None:
    admin = importer()
    admin.run(FILE)
    before = {id: dict(found) for id, found in acme.inventory.objects.items()}
    job = admin.check("serial,name,c8y_Hardware.model,c8y_Extra.a\nSN-1,Renamed,P-900,5\nSN-3,Pump 3,P-1,\n")
    assert "the job can be reverted for 30 days. What it created is deleted then" in admin.page(job)
    assert admin.confirm(job) == {"state": "COMPLETED", "total": 2, "ok": 2}
    back, found = reverted(admin, job)
    assert found == {"state": "COMPLETED", "total": 2, "ok": 2}
    assert ("c8y_Serial", "SN-3") not in acme.identities
    now = {id: dict(found) for id, found in acme.inventory.objects.items()}
    times = ("lastUpdated", "c8y_Availability", "c8y_Connection")
    for document in (*before.values(), *now.values()):
        for name in times:
            document.pop(name, None)
    assert now == before
    again = admin.browser.post(f"/t/acme/jobs/{back.pk}/revert/")
    assert "What the revert of an import deletes is lost." in again.content.decode()


def samples(admin: Importer, job: Job) -> str:
    """What the job's page shows of what would change."""
    page = words(admin.browser.get(f"/t/acme/jobs/{job.pk}/"))
    return page.partition("What would change")[2].partition(" Confirm ")[0]


@pytest.mark.django_db
def test_the_preview_of_a_revert_says_what_happens_to_each_row(
    importer: Start, acme: Tenant, by_serial: Find
) -> None:
    admin = importer()
    admin.run(FILE)
    file = "serial,name,c8y_Hardware.model\nSN-1,Renamed,P-900\nSN-2,Pump 2,P-0\nSN-3,Pump 3,P-1\nSN-4,P,P\n"
    job = admin.check(file)
    assert [shown.get("effect") for shown in job.preview["items"]] == ["", "", "created", "created"]
    assert samples(admin, job).count(" created ") == 2
    admin.confirm(job)
    by_serial("SN-2")["c8y_Hardware"]["model"] = "P-300"
    del acme.inventory.objects[acme.identities.pop(("c8y_Serial", "SN-4"))]
    answer = admin.browser.post(f"/t/acme/jobs/{job.pk}/revert/")
    back = Job.objects.get(pk=answer["Location"].split("/")[-2])
    _, *parts = re.split(r"Row (\d)", samples(admin, back))
    shown = {row: text.strip() for row, text in zip(parts[::2], parts[1::2], strict=True)}
    assert shown.keys() == {"2", "3", "4", "5"}
    assert "c8y_Hardware.model P-900 P-200" in shown["2"]
    assert "name Renamed Pump 1" in shown["2"]
    assert shown["3"].endswith("It is as it was before.")
    assert "deleted" in shown["4"]
    assert "name Pump 3 removed" in shown["4"]
    assert shown["5"].endswith("It is gone already.")


@pytest.mark.django_db
def test_what_others_have_changed_since_is_left_alone(importer: Start, acme: Tenant, by_serial: Find) -> None:
    admin = importer()
    admin.run(FILE)
    job = admin.check("serial,name,c8y_Hardware.model\nSN-1,A,P-7\nSN-2,B,P-8\nSN-3,C,P-9\nSN-4,D,P-10\n")
    admin.confirm(job)
    by_serial("SN-1")["c8y_Hardware"]["model"] = "somebody else's"
    by_serial("SN-2")["c8y_Hardware"]["revision"] = "not imported, so nobody minds"
    by_serial("SN-3")["name"] = "Kept by hand"
    del acme.inventory.objects[acme.identities.pop(("c8y_Serial", "SN-4"))]
    _, found = reverted(admin, job)
    assert found == {"state": "COMPLETED", "total": 4, "ok": 1, "skipped": 3}
    assert set(ItemResult.objects.values_list("message", flat=True)) == {
        "Changed since: c8y_Hardware.model.",
        "Changed since: name.",
        "It is gone already.",
    }
    assert by_serial("SN-2")["c8y_Hardware"] == {
        "serialNumber": "SN-2",
        "model": "P-300",
        "revision": "not imported, so nobody minds",
    }
    assert by_serial("SN-3")["name"] == "Kept by hand"


@pytest.mark.django_db
def test_created_users_go_and_changed_ones_are_as_before(importer: Start, acme: Tenant) -> None:
    admin = importer("users")
    job = admin.check("userName,email,firstName\nada,ada@example.com,Ada\noperator,,Ottilie\n")
    admin.confirm(job)
    _, found = reverted(admin, job)
    assert found == {"state": "COMPLETED", "total": 2, "ok": 2}
    assert "ada" not in acme.users
    assert acme.users["operator"]["firstName"] == "Otto"


@pytest.mark.django_db
def test_a_change_whose_answer_was_lost_can_be_reverted_too(
    importer: Start, sandbox: Sandbox, by_serial: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("c8yadmin.jobs.execution.attempts.SETTLING", 0.02)
    admin = importer()
    admin.run(FILE)
    job = admin.check("serial,name\nSN-1,Renamed\nSN-5,New\n")
    sandbox.faults.add("/inventory/managedObjects*", method="PUT", cut="after", times=1)
    sandbox.faults.add("/inventory/managedObjects", method="POST", cut="after", times=1)
    assert admin.confirm(job) == {"state": "COMPLETED", "total": 2, "ok": 2}
    _, found = reverted(admin, job)
    assert found == {"state": "COMPLETED", "total": 2, "ok": 2}
    assert by_serial("SN-1")["name"] == "Pump 1"


@pytest.mark.django_db
def test_two_imports_share_no_targets_though_their_rows_have_the_same_numbers(importer: Start) -> None:
    admin = importer()
    admin.check(FILE)
    second = admin.check(FILE)
    second.refresh_from_db()
    assert second.preview["overlaps"] == []


NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.integers(0, 3) | st.text(max_size=2), lambda inner: st.dictionaries(NAMES, inner, max_size=3)
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=3)


@pytest.mark.usefixtures("tables")
@given(DOCUMENTS, DOCUMENTS)
def test_undoing_gives_back_every_value_that_was_written(
    document: dict[str, Any], wanted: dict[str, Any]
) -> None:
    try:
        changed = document | Objects().changes(document, wanted)
    except Unfit:
        return
    before, after = part(document, wanted), part(changed, wanted)
    back = changed | undone(changed, before, after)
    restored = {name: value for name, value in back.items() if value is not None}
    assert same(part(restored, wanted), before)
    assert restored.keys() == document.keys()
