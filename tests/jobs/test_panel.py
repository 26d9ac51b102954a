"""What the page of a job asks the database, and what it offers as the job stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from c8yadmin.jobs.models import Job
from tests.web.words import words

Prepared = Callable[..., tuple[Client, Job]]
OPTIONS, SCHEDULE = "Options: speed, stages, schedule", "Change the schedule"
STATES = ["PREPARING", "READY", "SCHEDULED", "QUEUED", "RUNNING", "PAUSED", "CANCELING", "COMPLETED"]


def drawn(browser: Client, job: Job, state: str) -> tuple[str, list[str]]:
    """The words of the page of `job` in a state, and what it reads of jobs.

    How the processes do is asked once in a while only, and not counted.
    """
    Job.objects.filter(pk=job.pk).update(state=state)
    with CaptureQueriesContext(connection) as queries:
        shown = words(browser.get(f"/t/acme/jobs/{job.pk}/"))
    reads = [query["sql"] for query in queries.captured_queries if 'FROM "jobs_' in query["sql"]]
    return shown, [sql for sql in reads if 'FROM "jobs_heartbeat"' not in sql]


@pytest.mark.parametrize("state", STATES)
def test_the_page_of_a_job_asks_once_for_the_limits_of_its_tenant(prepared: Prepared, state: str) -> None:
    _, reads = drawn(*prepared(), state)
    assert len([sql for sql in reads if 'FROM "jobs_tenantlimit"' in sql]) == 1


def test_the_page_of_a_running_job_takes_twelve_queries_about_jobs(prepared: Prepared) -> None:
    _, reads = drawn(*prepared(), "RUNNING")
    assert len(reads) <= 12, reads


def test_the_page_of_a_job_that_is_over_counts_its_targets_once_and_foresees_nothing(
    prepared: Prepared,
) -> None:
    _, reads = drawn(*prepared(), "COMPLETED")
    assert len([sql for sql in reads if 'FROM "jobs_chunk"' in sql]) == 1, reads


@pytest.mark.parametrize("state", STATES)
def test_options_are_offered_before_the_confirmation_and_a_schedule_while_nobody_works(
    prepared: Prepared, state: str
) -> None:
    shown, _ = drawn(*prepared(), state)
    assert (OPTIONS in shown) is (state == "READY")
    assert (SCHEDULE in shown) is (state in ("SCHEDULED", "PAUSED"))
