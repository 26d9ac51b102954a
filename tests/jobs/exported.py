"""What tests of exports share."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.test import Client

from c8yadmin.jobs.models import Job
from tests.jobs.forms import fields
from tests.web.words import words

EXPORT = "/t/acme/jobs/export/"
Devices = dict[str, dict[str, Any]]


def body(answer: Any) -> bytes:
    assert answer.status_code == 200, answer.content.decode()
    return b"".join(answer.streaming_content)


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def at_once(browser: Client, target: str, format: str = "csv", **scope: Any) -> bytes:
    return body(browser.get(EXPORT, {"target": target, "format": format} | scope))


def by_job(browser: Client, target: str, format: str = "csv", **scope: Any) -> Job:
    """The export as a job, through the form."""
    action = f"{'inventory' if target == 'devices' else target}.export"
    query = {"action": action, "target": target, "format": format} | (scope or {"all": "1", "filter": ""})
    answer = browser.post("/t/acme/jobs/new/", fields(browser.get("/t/acme/jobs/new/", query)) | query)
    assert answer.status_code == 302, words(answer)
    return Job.objects.get(pk=answer["Location"].split("/")[-2])


def file_of(browser: Client, job: Job) -> bytes:
    return body(browser.get(f"/t/acme/jobs/{job.pk}/file/"))
