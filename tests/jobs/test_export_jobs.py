"""Exports by a job: exactly one file, whatever happens on the way to it."""

from __future__ import annotations

import io
import os
import stat
import uuid
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import circuit
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.exports import parts
from c8yadmin.jobs.models import Chunk, ExportFile, ItemResult, Job
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.states import ChunkState
from sdk.sandbox import Sandbox
from tests.jobs.exported import (
    EXPORT,
    Devices,
    at_once,
    body,
    by_job,
    file_of,
    table,
)
from tests.jobs.forms import fields
from tests.jobs.reading import figures, steps
from tests.web.words import words


def test_more_than_fits_at_once_leads_to_a_job_and_its_file(
    browser: Client, devices: Devices, settings: Any, folder: Path
) -> None:
    settings.EXPORT_ROWS_AT_ONCE = 10
    answer = browser.get(EXPORT, {"target": "devices", "format": "csv"})
    assert answer.status_code == 302
    shown = browser.get(answer["Location"])
    assert f"all {len(devices)} devices" in words(shown)
    assert "Nothing is changed" in words(shown)
    hidden = fields(shown)
    job = browser.post("/t/acme/jobs/new/", hidden | {"format": "csv"})
    job = Job.objects.get()
    assert steps(job)[-1] == "COMPLETED"
    assert f"{len(devices)} rows" in words(browser.get(f"/t/acme/jobs/{job.pk}/"))
    answer = browser.get(f"/t/acme/jobs/{job.pk}/file/")
    assert answer["Content-Disposition"].startswith('attachment; filename="acme-devices-')
    assert [row["id"] for row in table(body(answer))] == sorted(devices, key=int)
    [file] = folder.glob("*.csv")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert job.pk.hex not in file.name


@pytest.mark.parametrize("target", ["alarms", "operations", "users"])
@pytest.mark.parametrize("format", ["csv", "xlsx", "jsonl"])
def test_a_job_and_an_export_at_once_make_the_same_file(
    browser: Client, sandbox: Sandbox, target: str, format: str
) -> None:
    job = by_job(browser, target, format)
    assert figures(job)["state"] == "COMPLETED"
    by_itself, made = at_once(browser, target, format), file_of(browser, job)
    if format == "xlsx":
        by_itself, made = (
            zipfile.ZipFile(io.BytesIO(one)).read("xl/worksheets/sheet1.xml") for one in (by_itself, made)
        )
    assert made == by_itself
    assert made


def test_what_is_deleted_meanwhile_is_skipped_and_not_in_the_file(
    browser: Client, sandbox: Sandbox, devices: Devices, no_workers: None
) -> None:
    job = by_job(browser, "devices")
    assert engine.work(job.pk, "w")
    gone = list(devices)[3]
    del sandbox.tenant("acme").inventory.objects[gone]
    while Job.objects.get(pk=job.pk).finished_at is None:
        engine.work(job.pk, "w")
    assert figures(job) == {"state": "COMPLETED", "total": len(devices), "ok": len(devices) - 1, "skipped": 1}
    assert ItemResult.objects.get().item_id == gone
    assert gone not in {row["id"] for row in table(file_of(browser, job))}


def test_trouble_of_the_tenant_costs_time_and_no_row(
    browser: Client, sandbox: Sandbox, devices: Devices
) -> None:
    sandbox.faults.add("/inventory/managedObjects*", status=503, times=3)
    sandbox.faults.add("/inventory/managedObjects*", cut="middle", times=2)
    job = by_job(browser, "devices")
    for _ in range(10):
        Job.objects.filter(pk=job.pk).update(lease_until=None)
        circuit.recovered("acme")
        sweep()
    assert figures(job) == {"state": "COMPLETED", "total": len(devices), "ok": len(devices)}
    assert len(table(file_of(browser, job))) == len(devices)


def test_rows_of_several_pages_are_exported_at_once_or_by_a_job(
    browser: Client, devices: Devices, settings: Any
) -> None:
    settings.TENANTS = [settings.TENANTS[0] | {"access": "read-only"}]
    chosen = sorted(devices, key=int)[:3]
    asked = {"target": "devices", "format": "csv", "id": chosen}
    assert [row["id"] for row in table(body(browser.post(EXPORT, asked)))] == chosen
    settings.EXPORT_ROWS_AT_ONCE = 2
    form = browser.post(EXPORT, asked)
    assert "3 selected devices" in words(form)
    assert browser.post("/t/acme/jobs/new/", fields(form) | {"format": "csv"}).status_code == 302
    assert figures(Job.objects.get()) == {"state": "COMPLETED", "total": 3, "ok": 3}


def test_nobody_else_gets_the_file(browser: Client, sign_in: Callable[..., Client]) -> None:
    job = by_job(sign_in("operator"), "alarms")
    url = f"/t/acme/jobs/{job.pk}/file/"
    assert browser.get(f"/t/acme/jobs/{job.pk}/").status_code == 200  # an administrator sees the job
    assert browser.get(url).status_code == 404
    assert "belongs to operator" in words(browser.get(f"/t/acme/jobs/{job.pk}/"))
    assert sign_in("reader").get(url).status_code == 404
    assert sign_in("operator", "globex").get(f"/t/globex/jobs/{job.pk}/file/").status_code == 404


def test_a_third_export_of_one_user_waits(
    browser: Client, sign_in: Callable[..., Client], no_workers: None
) -> None:
    first = by_job(browser, "devices")
    by_job(browser, "alarms")
    query = {"action": "users.export", "target": "users", "all": "1", "filter": "", "format": "csv"}
    refused = browser.post("/t/acme/jobs/new/", fields(browser.get("/t/acme/jobs/new/", query)) | query)
    assert refused.status_code == 429  # as for one job more than a user may have
    assert "2 exports of yours are under way" in words(refused)
    assert by_job(sign_in("operator"), "alarms").owner == "operator"
    browser.post(f"/t/acme/jobs/{first.pk}/cancel/")
    assert by_job(browser, "users")


def test_a_read_only_tenant_can_be_exported_and_its_export_canceled(
    browser: Client, settings: Any, no_workers: None
) -> None:
    settings.TENANTS = [settings.TENANTS[0] | {"access": "read-only"}]
    job = by_job(browser, "devices")
    assert browser.post(f"/t/acme/jobs/{job.pk}/pause/").status_code == 302
    assert browser.post(f"/t/acme/jobs/{job.pk}/cancel/").status_code == 302
    assert figures(job)["state"] == "CANCELED"


def test_a_file_is_removed_when_its_time_is_over(browser: Client, folder: Path) -> None:
    job = by_job(browser, "users")
    ExportFile.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    sweep()
    assert list(folder.glob("*.csv")) == []
    assert "was removed" in words(browser.get(f"/t/acme/jobs/{job.pk}/"))
    answer = browser.get(f"/t/acme/jobs/{job.pk}/file/")
    assert answer.status_code == 404
    assert "Export again" in words(answer)


def test_what_dead_workers_left_is_removed_and_what_is_needed_stays(
    browser: Client, folder: Path, no_workers: None
) -> None:
    job = by_job(browser, "devices")
    engine.work(job.pk, "w")
    left, alien = folder / f"{uuid.uuid4().hex}.csv", folder / "notes.csv"
    parts.append(job.pk, "1-000000001", [("1", b"{}")])
    parts.append(uuid.uuid4(), "1-000000001", [("1", b"{}")])
    left.touch()
    alien.touch()
    long_ago = timezone.now().timestamp() - 2 * parts.LEFT_ALONE
    for path in folder.iterdir():
        os.utime(path, (long_ago, long_ago))
    sweep()
    assert {path.name for path in folder.iterdir()} == {parts.folder_of(job.pk).name, "notes.csv"}
    control.cancel(job, "admin")
    os.utime(parts.folder_of(job.pk), (long_ago, long_ago))
    sweep()
    assert [path.name for path in folder.iterdir()] == ["notes.csv"]


def test_a_torn_line_and_a_lease_that_was_lost_do_not_show_in_the_file(
    browser: Client, devices: Devices, no_workers: None
) -> None:
    job = by_job(browser, "devices")
    engine.work(job.pk, "w")
    chunk = Chunk.objects.get(job=job)
    first, second = chunk.targets[:2]
    stale = [(first, b'["stale"]'), (second, b'["stale"]')]
    parts.append(job.pk, f"{chunk.pk}-{0:09}", stale)
    with (parts.folder_of(job.pk) / f"{chunk.pk}-{0:09}").open("ab") as torn:
        torn.write(b'"%s"\t["to' % second.encode())
    while Job.objects.get(pk=job.pk).finished_at is None:
        engine.work(job.pk, "w")
    assert [row["id"] for row in table(file_of(browser, job))] == sorted(devices, key=int)


def test_without_room_the_job_pauses_and_goes_on_when_there_is_some(
    browser: Client, devices: Devices, folder: Path, no_workers: None
) -> None:
    job = by_job(browser, "devices")
    engine.work(job.pk, "w")
    folder.mkdir()
    parts.folder_of(job.pk).touch()  # a file where the folder should be: nothing can be stored
    engine.work(job.pk, "w")
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == ("PAUSED", "STORAGE")
    assert "The export cannot be stored" in words(browser.get(f"/t/acme/jobs/{job.pk}/"))
    parts.folder_of(job.pk).unlink()
    browser.post(f"/t/acme/jobs/{job.pk}/resume/")
    while Job.objects.get(pk=job.pk).finished_at is None:
        engine.work(job.pk, "w")
    assert len(table(file_of(browser, job))) == len(devices)


def test_missing_parts_are_told_and_never_a_shorter_file(
    browser: Client, devices: Devices, no_workers: None
) -> None:
    job = by_job(browser, "devices")
    engine.work(job.pk, "w")
    Chunk.objects.filter(job=job).update(state=ChunkState.DONE, cursor=len(devices), ok=len(devices), token=1)
    engine.work(job.pk, "w")
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == ("PAUSED", "STORAGE")
    assert "must share one folder" in job.problem


def test_more_rows_than_a_sheet_has_are_refused_before_anything_is_read(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("c8yadmin.jobs.exports.exporting.ROWS_OF_A_SHEET", 20)
    job = by_job(browser, "devices", "xlsx")
    assert figures(job)["state"] == "FAILED"
    assert "20 rows at most" in words(browser.get(f"/t/acme/jobs/{job.pk}/"))
    assert figures(by_job(browser, "devices", "csv"))["state"] == "COMPLETED"


def test_a_folder_that_cannot_be_written_stops_nothing_else(
    browser: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: Any, **__: Any) -> None:
        raise OSError(30, "Read-only file system")

    job = by_job(browser, "users")
    past = timezone.now() - timedelta(seconds=1)
    ExportFile.objects.update(expires_at=past)
    monkeypatch.setattr(Path, "unlink", read_only)
    sweep()
    assert ExportFile.objects.get(job=job).name
    monkeypatch.undo()
    sweep()
    assert not ExportFile.objects.get(job=job).name
