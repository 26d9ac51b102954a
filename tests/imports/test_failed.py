"""What was not imported: rejected, failed, never begun; corrected and uploaded again, or retried."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from c8yadmin.imports.models import Part, Upload
from c8yadmin.imports.reading import REASON
from c8yadmin.jobs import engine
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders import control
from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.imports.conftest import Importer
from tests.jobs.conftest import no_workers  # noqa: F401  # a fixture for the tests here, too
from tests.jobs.reading import figures

pytestmark = pytest.mark.django_db
Start = Callable[..., Importer]
INVENTORY = "/inventory/managedObjects"
BAD = 'serial;name;c8y_Position.lat\nSN-1;Pump 1;51\nSN-2;"Pump; 2";north\nSN-3;Pump 3;53\nSN-4\n'


def test_rejected_rows_come_back_with_their_reasons_and_can_be_uploaded_again(
    importer: Start, acme: Tenant
) -> None:
    admin = importer()
    job = admin.check(BAD)
    assert admin.verdicts(job) == {"rows": 4, "create": 2, "rejected": 2}
    assert "2 rows are left out" in admin.page(job)
    assert admin.confirm(job) == {"state": "COMPLETED", "total": 2, "ok": 2}
    file = admin.failed(job)
    header, north, short = file.splitlines()
    assert header == f"\ufeffserial;name;c8y_Position.lat;{REASON}"
    assert north.startswith('SN-2;"Pump; 2";north;"Row 3: c8y_Position.lat: “north” is not a number')
    assert short == "SN-4;Row 5: The row has 1 cell, the header has 3."
    corrected = file.replace("north", "52", 1).replace("SN-4;", "SN-4;Pump 4;54;")
    assert admin.run(corrected) == {"state": "COMPLETED", "total": 2, "ok": 2}
    names = {"Pump 1", "Pump; 2", "Pump 3", "Pump 4"}
    assert names <= {found.get("name") for found in acme.inventory.objects.values()}
    assert not admin.rejections(Job.objects.latest("created_at"))


def test_the_file_of_failed_rows_is_offered_where_there_are_any(
    importer: Start, acme: Tenant, sandbox: Sandbox
) -> None:
    admin = importer()
    clean, rejected, failed = (admin.check(file) for file in ("name\nA\nB\n", BAD, "name\nC\nD\n"))
    admin.confirm(clean)
    admin.confirm(rejected)
    sandbox.faults.add(INVENTORY, method="POST", status=422, message="No", times=1)
    assert admin.confirm(failed)["failed"] == 1
    pages = [(admin.page(job), admin.rows(job)) for job in (clean, rejected, failed)]
    offered = [["Download rejected and failed rows" in page for page in both] for both in pages]
    assert offered == [[False, False], [True, True], [True, True]]
    numbers = [{number_offered(page) for page in both} for both in pages]
    assert numbers == [{0}, {2}, {1}]


def number_offered(page: str) -> int:
    """How many rejected and failed rows a page offers."""
    found = re.search(r"Download rejected and failed rows \(([\d,]+)\)", page)
    return int(found[1].replace(",", "")) if found else 0


def test_a_retry_takes_away_from_the_file_what_it_has_mended(
    importer: Start, acme: Tenant, sandbox: Sandbox
) -> None:
    admin = importer()
    job = admin.check("serial,name\nS-1,A\nS-2,B\nS-3,C\nS-4,\n")
    sandbox.faults.add(INVENTORY, method="POST", status=422, message="No", times=2)
    admin.confirm(job)
    offered = []
    for mended in (False, True):
        answer = admin.browser.post(f"/t/acme/jobs/{job.pk}/retry/")
        again = Job.objects.get(pk=answer["Location"].split("/")[-2])
        offered += [number_offered(admin.page(job))]
        if mended:
            admin.confirm(again)
        else:
            control.cancel(again, "admin")
        offered += [number_offered(admin.page(job)), number_offered(admin.rows(job))]
        assert admin.failed(job).count("Row ") == offered[-1]
    assert offered == [1, 3, 3, 1, 1, 1]  # while it is about to be sent, and after that


@pytest.mark.parametrize("file", ["name\nA\n", "serial,name\nSN-1,\n"])
def test_the_page_of_an_import_counts_its_rows_once(importer: Start, file: str) -> None:
    admin = importer()
    job = admin.check(file)
    with CaptureQueriesContext(connection) as queries:
        admin.page(job)
        assert len(sums_in(queries)) == 1


def test_a_page_that_follows_an_import_counts_its_rows_no_more(importer: Start) -> None:
    admin = importer()
    job = admin.check("name\nA\n")
    Job.objects.update(state="RUNNING")
    job.refresh_from_db()
    with CaptureQueriesContext(connection) as queries:
        headers = {"HX-Request": "true", "HX-Target": "progress"}
        answer = admin.browser.get(f"/t/acme/jobs/{job.pk}/", {"seen": job.version}, headers=headers)
    assert answer.content.startswith(b'<div id="progress"')
    assert not sums_in(queries)


def sums_in(queries: CaptureQueriesContext) -> list[str]:
    return [one["sql"] for one in queries if 'SUM("imports_part"' in one["sql"]]


def test_an_uncorrected_row_is_rejected_again_however_often_it_comes_back(importer: Start) -> None:
    admin = importer()
    file = BAD
    for _ in range(4):
        job = admin.check(file)
        assert admin.verdicts(job)["rejected"] == 2
        file = admin.failed(job)
    assert file.splitlines()[2].startswith("SN-4;Row ")
    assert file.splitlines()[2].count("Row ") == 1


def test_rows_that_the_tenant_refuses_can_be_retried_and_then_are_no_failures_any_more(
    importer: Start, acme: Tenant, sandbox: Sandbox
) -> None:
    admin = importer()
    job = admin.check("name\nA\nB\nC\n")
    sandbox.faults.add(INVENTORY, method="POST", status=422, message="=No; room", times=2)
    assert admin.confirm(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 3, "ok": 1, "failed": 2}
    assert admin.failed(job).count("Row ") == 2
    assert "Row 2: =No; room" in admin.failed(job)
    answer = admin.browser.post(f"/t/acme/jobs/{job.pk}/retry/")
    again = Job.objects.get(pk=answer["Location"].split("/")[-2])
    assert "Row 2" in admin.page(again)
    assert admin.failed(job).count("Row ") == 0  # they are about to be sent
    assert admin.confirm(again) == {"state": "COMPLETED", "total": 2, "ok": 2}
    assert admin.failed(job).count("Row ") == 0
    made = [found["name"] for found in acme.inventory.objects.values() if found.get("name") in "ABC"]
    assert sorted(made) == ["A", "B", "C"]


def test_rows_that_were_never_begun_come_back_too(importer: Start, no_workers: None) -> None:  # noqa: F811
    admin = importer()
    job = admin.check("name\nA\nB\n")
    engine.work(job.pk, "w")
    job.refresh_from_db()
    admin.confirm(job)
    Job.objects.filter(pk=job.pk).update(state="RUNNING", started_at=job.created_at)
    job.refresh_from_db()
    control.cancel(job, "admin")
    assert figures(job) == {"state": "CANCELED", "total": 2, "canceled": 2}
    assert admin.failed(job).count("it was never begun, because the job was stopped.") == 2


def test_the_rows_of_a_file_can_be_looked_through_by_what_becomes_of_them(importer: Start) -> None:
    admin = importer()
    admin.run("serial,name\nSN-1,Pump 1\n")
    file = "serial,name\nSN-1,Pump 1\n" + "".join(f"N-{n},New {n}\n" for n in range(900)) + "SN-1,again\n"
    upload = Upload.objects.get(pk=admin.check(file).params["upload"])
    address = f"{admin.address}{upload.pk}/rows/"
    assert Part.objects.filter(upload=upload).count() == 2

    def listed(**query: Any) -> str:
        text: str = admin.browser.get(address, query).content.decode()
        return text

    assert "<b>1–25</b> of <b>902</b>" in listed()
    assert "N-547" in listed(page=22)
    assert "<b>876–900</b> of <b>900</b>" in listed(verdict="create", page=36)
    assert "N-899" in listed(verdict="create", page=36)
    assert "“SN-1” stands in row 2 already." in listed(verdict="rejected")
    assert "unchanged" in listed(verdict="unchanged").lower()
    assert admin.browser.get(address, {"page": 99}).status_code == 404
    assert admin.browser.get(address, {"verdict": "odd"}).status_code == 400


def test_without_anything_to_import_the_job_says_why_and_the_reasons_can_be_fetched(importer: Start) -> None:
    admin = importer()
    job = admin.check("serial,name\nSN-1,\nSN-2,\n")
    assert job.state == "READY"
    page = admin.page(job)
    assert "All 2 rows were rejected. Row 2: A new object needs a name." in page
    assert f'href="{admin.address}{job.params["upload"]}/rows/?verdict=rejected"' in page
    assert "See rejected rows and reasons" in page
    assert "Nothing matched" not in page
    assert "Confirm and start" not in page
    assert admin.rejections(job) == ["2: A new object needs a name.", "3: A new object needs a name."]


def test_a_file_that_would_change_nothing_says_so(importer: Start) -> None:
    admin = importer()
    admin.run("serial,name\nSN-1,Pump 1\n")
    page = admin.page(admin.check("serial,name\nSN-1,Pump 1\n"))
    assert "The only row is unchanged: the tenant holds these values already." in page
    assert "Nothing matched" not in page
    assert "See rejected rows" not in page
    both = admin.page(admin.check("serial,name\nSN-1,Pump 1\nSN-2,\n"))
    assert "Of 2 rows, 1 rejected and 1 unchanged: none is left to import. Row 3: A new" in both


def test_the_reason_why_nothing_is_imported_is_shown_as_text(importer: Start) -> None:
    admin = importer()
    page = admin.page(admin.check("serial,name,c8y_Position.lat\nSN-1,P,<b>1</b>\n"))
    assert "The only row was rejected. Row 2: c8y_Position.lat: “&lt;b&gt;1&lt;/b&gt;” is not" in page
