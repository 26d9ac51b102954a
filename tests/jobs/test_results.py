"""How every target ended: by reason, in pages, as CSV; for a million targets as for three."""

from __future__ import annotations

import csv
import io
import json
import re
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution.items import ALL, CANCELED, PENDING, Items
from c8yadmin.jobs.models import Chunk, ItemResult, Job
from c8yadmin.jobs.registry import Outcome
from c8yadmin.jobs.states import ChunkState, State
from tests.jobs.conftest import Ledger
from tests.jobs.reading import figures
from tests.web.words import rows, words

Make = Callable[..., Job]
JOBS = "/t/acme/jobs/"


@pytest.fixture
def mixed(make_job: Make, ledger: Ledger, sandbox: Any, settings: Any) -> Job:
    """1,200 targets: two reasons to fail, one to be skipped, one unknown, and all others done."""
    settings.TENANT_CONNECTOR = "tests.tenants.connector"  # for those who sign in
    for i in range(1, 1201):
        if i % 100 == 0:
            ledger.deeds[str(i)] = lambda id: Outcome.failed(
                f"Invalid Data: {id} is 7 too long", "inventory/Invalid Data", 422
            )
        elif i % 150 == 1:
            ledger.deeds[str(i)] = lambda id: Outcome.skipped("It is so already.", "already")
    ledger.deeds["5"] = lambda id: Outcome.failed("Access is denied", "security/Forbidden", 403)
    ledger.deeds["6"] = lambda id: Outcome.unknown("Nobody can tell.", "Timeout")
    return make_job(1200, autostart=True)


def csv_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_reasons_that_differ_in_ids_and_numbers_alone_are_one_group(mixed: Job, sign_in: Any) -> None:
    shown = words(sign_in().get(f"{JOBS}{mixed.pk}/results/"))
    assert "12 × Failed The tenant did not accept this (422) : Invalid Data: … is … too long" in shown
    assert "1 × Failed The tenant does not permit this (403) : Access is denied" in shown
    assert "8 × Skipped It is so already." in shown
    assert shown.count("Retry these") == 3  # what was skipped did not fail


def test_what_the_tenant_said_is_told_apart_from_what_the_console_says(
    make_job: Make, ledger: Ledger, sign_in: Any, settings: Any
) -> None:
    settings.TENANT_CONNECTOR = "tests.tenants.connector"
    doubt, gone = "Nobody can tell whether this was done", "Deleted since the job was prepared"
    ledger.deeds = {
        "1": lambda _: Outcome.failed("Name: too long", "inventory/Invalid Data", 422),
        "2": lambda _: Outcome.failed("acme did not answer in time.", "Timeout"),
        "3": lambda _: Outcome.unknown(f"{doubt}: Out of order", "ServerError", 500),
        "4": lambda _: Outcome.skipped(f"{gone}: No such thing", "not_found", 404),
        "5": lambda _: Outcome.skipped("It is so already.", "already"),
        "6": lambda _: Outcome.failed("It crashed.", "worker_crash"),
        "7": lambda _: Outcome.failed("<q>Out", "x/y", 503),
    }
    job = make_job(8, autostart=True)
    answer = sign_in().get(f"{JOBS}{job.pk}/results/?outcome=ALL")
    lines = {line.split()[0]: line.split(" ", 2)[2].rsplit(" just now", 1)[0] for line in rows(answer)}
    assert lines == {
        "1": "The tenant did not accept this (422) : Name: too long",
        "2": "acme did not answer in time.",
        "3": f"{doubt} : Out of order",
        "4": f"{gone} : No such thing",
        "5": "It is so already.",
        "6": "It crashed.",
        "7": "The tenant failed to do this (503) : <q>Out",
        "8": "– –",
    }
    html = answer.content.decode().split('<section id="results"')[1]
    quoted = [words(HttpResponse(quote)).strip() for quote in re.findall(r'<q class="quoted".*?</q>', html)]
    assert sorted(quoted) == ["<q>Out", "Name: too long", "No such thing", "Out of order"]
    assert not any(code in words(answer) for code in ("worker_crash", "not_found", "already:", "ServerError"))


def test_a_reason_leads_to_exactly_its_targets(mixed: Job, sign_in: Any) -> None:
    browser = sign_in()
    denied = ItemResult.objects.get(item_id="5").reason
    shown = browser.get(f"{JOBS}{mixed.pk}/results/", {"reason": denied})
    assert [line.split()[0] for line in rows(shown)] == ["5"]
    assert "The tenant does not permit this (403): “Access is denied”" in words(shown)
    assert browser.get(f"{JOBS}{mixed.pk}/results/", {"reason": "' or 1=1"}).status_code == 400


def test_one_group_is_retried_and_nothing_else(mixed: Job, sign_in: Any) -> None:
    browser: Client = sign_in()
    invalid = ItemResult.objects.filter(http_status=422)[0].reason
    answer = browser.post(f"{JOBS}{mixed.pk}/retry/", {"reason": invalid})
    again = Job.objects.get(parent=mixed)
    assert answer["Location"].endswith(f"/{again.pk}/")
    assert [id for chunk in again.chunks.all() for id in chunk.targets] == [
        str(i) for i in range(100, 1201, 100)
    ]
    told = (
        "12 things that failed before: The tenant did not accept this (422): “Invalid Data: … is … too long”"
    )
    assert told in words(browser.get(answer["Location"]))
    nothing = browser.post(f"{JOBS}{mixed.pk}/retry/", {"reason": "0123456789ab"})
    assert nothing.status_code == 409
    skipped = ItemResult.objects.filter(outcome="SKIPPED")[0].reason
    assert browser.post(f"{JOBS}{mixed.pk}/retry/", {"reason": skipped}).status_code == 409


@pytest.mark.parametrize(
    ("outcome", "n"), [("", 22), ("OK", 1178), ("FAILED", 13), ("UNKNOWN", 1), ("SKIPPED", 8), ("ALL", 1200)]
)
def test_every_count_has_a_list_with_exactly_so_many_targets(
    mixed: Job, sign_in: Any, outcome: str, n: int
) -> None:
    browser = sign_in()
    url = f"{JOBS}{mixed.pk}/results/"
    listed: list[str] = []
    for page in range(1, -(-n // 200) + 1):
        shown = browser.get(url, {"outcome": outcome, "size": 200, "page": page})
        assert shown.status_code == 200
        listed += [line.split()[0] for line in rows(shown)]
    assert len(set(listed)) == len(listed) == n
    assert f"of {n:,}" in words(shown)
    assert browser.get(url, {"outcome": outcome, "size": 200, "page": 8}).status_code == 404


def test_the_counts_on_the_page_lead_to_their_lists(mixed: Job, sign_in: Any) -> None:
    html = sign_in().get(f"{JOBS}{mixed.pk}/").content.decode()
    for outcome in ("OK", "FAILED", "SKIPPED", "UNKNOWN"):
        assert f"results/?outcome={outcome}" in html
    assert "did not accept this (422)" in html


def test_what_was_not_started_is_to_do_until_the_job_has_ended(
    make_job: Make, ledger: Ledger, no_workers: None
) -> None:
    job = make_job(1200, autostart=True)
    assert engine.work(job.pk, "w")
    job.refresh_from_db()
    Chunk.objects.filter(job=job, seq=2).update(state=ChunkState.LEASED)
    assert [item.outcome for item in Items(job, PENDING).page(0, 2000)] == [PENDING] * 1200
    assert Items(job, CANCELED).page(0, 10) == []
    job.state = State.CANCELED
    assert len(Items(job, CANCELED).page(0, 2000)) == 1200
    assert Items(job, PENDING).page(0, 10) == []


def test_the_csv_file_has_every_target_once(mixed: Job, sign_in: Any) -> None:
    answer = sign_in().get(f"{JOBS}{mixed.pk}/results.csv", {"outcome": "ALL"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="acme-Mark-x-results-')
    told = csv_of(body(answer))
    assert sorted(int(row["id"]) for row in told) == list(range(1, 1201))
    by_id = {row["id"]: row for row in told}
    assert (by_id["100"]["outcome"], by_id["100"]["status"]) == ("FAILED", "422")
    assert by_id["100"]["message"] == "Invalid Data: 100 is 7 too long"
    assert by_id["100"]["at"].startswith("20")
    assert (by_id["2"]["outcome"], by_id["2"]["message"]) == ("OK", "")


def test_names_come_from_the_tenant_where_they_are_asked_for(sign_in: Any, sandbox: Any) -> None:
    browser = sign_in()
    inventory = sandbox.tenant("acme").inventory.objects
    id = next(id for id, found in inventory.items() if "c8y_IsDevice" in found)
    inventory[id]["name"] = "=cmd|' /C calc'!A0"
    job = Job.objects.create(
        tenant="acme", owner="admin", action="inventory.set", target_kind="devices", state=State.COMPLETED
    )
    Chunk.objects.create(job=job, seq=0, ids=json.dumps([id]), n=1, cursor=1, ok=1, state=ChunkState.DONE)
    url = f"{JOBS}{job.pk}/results.csv"
    assert csv_of(body(browser.get(url, {"outcome": "ALL"})))[0]["name"] == ""
    named = csv_of(body(browser.get(url, {"outcome": "ALL", "names": "1"})))
    assert named[0]["name"] == "'=cmd|' /C calc'!A0"


def test_strangers_get_no_results(mixed: Job, sign_in: Any) -> None:
    assert sign_in("reader").get(f"{JOBS}{mixed.pk}/results.csv").status_code == 404
    assert sign_in("admin", "globex").get(f"/t/globex/jobs/{mixed.pk}/results.csv").status_code == 404
    assert sign_in().get(f"{JOBS}{mixed.pk}/results.csv", {"outcome": "x"}).status_code == 400


def told_by(*command: str) -> str:
    said = io.StringIO()
    call_command("job", *command, stdout=said)
    return said.getvalue()


def test_the_command_line_tells_reasons_and_retries_one(
    mixed: Job, sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = told_by("results", str(mixed.pk))
    assert "12 × 422 inventory/Invalid Data: Invalid Data: … is … too long" in told
    assert len(json.loads(told_by("results", str(mixed.pk), "--json"))) == 4
    for name, value in {"BASEURL": "http://acme.sandbox", "TENANT": "acme", "USER": "admin"}.items():
        monkeypatch.setenv(f"C8Y_{name}", value)
    monkeypatch.setenv("C8Y_PASSWORD", sandbox.credentials["acme"]["admin"]["password"])
    with pytest.raises(CommandError, match="is in 4 reasons"):
        told_by("retry", str(mixed.pk), "--reason", "i")
    with pytest.raises(CommandError, match="No target ended with “teapot”"):
        told_by("retry", str(mixed.pk), "--reason", "teapot")
    told_by("retry", str(mixed.pk), "--reason", "403")
    assert figures(Job.objects.get(parent=mixed))["total"] == 1


def test_the_command_line_writes_the_csv_file(mixed: Job, tmp_path: Path) -> None:
    file = tmp_path / "results.csv"
    told_by("results", str(mixed.pk), "--csv", "-o", str(file))
    assert len(csv_of(file.read_bytes())) == 1200
    failed = csv_of(told_by("results", str(mixed.pk), "--csv", "--outcome", "failed").encode())
    assert {row["outcome"] for row in failed} == {"FAILED"}
    assert len(failed) == 13


@pytest.fixture
def million(db: None) -> Job:
    """An ended job over a million targets, one of a thousand failed."""
    job = Job.objects.create(
        tenant="acme",
        owner="admin",
        action="inventory.set",
        target_kind="devices",
        state=State.COMPLETED_WITH_ERRORS,
        total=1_000_000,
    )
    Chunk.objects.bulk_create(_chunks(job), batch_size=100)
    numbered = dict(Chunk.objects.filter(job=job).values_list("seq", "pk"))
    ItemResult.objects.bulk_create(
        (
            ItemResult(
                chunk_id=numbered[seq],
                idx=250,
                item_id=str(10_000_000 + seq * 500 + 250),
                outcome="FAILED",
                reason="0123456789ab",
                at=job.created_at,
            )
            for seq in range(0, 2000, 2)
        ),
        batch_size=500,
    )
    return job


def _chunks(job: Job) -> Iterator[Chunk]:
    for seq in range(2000):
        ids = json.dumps([str(10_000_000 + seq * 500 + i) for i in range(500)])
        failed = 1 - seq % 2
        yield Chunk(
            job=job,
            seq=seq,
            ids=ids,
            n=500,
            cursor=500,
            ok=500 - failed,
            failed=failed,
            state=ChunkState.DONE,
        )


@pytest.mark.slow
def test_a_million_results_are_paged_and_downloaded_in_flat_memory(million: Job, sign_in: Any) -> None:
    last = Items(million, "OK").page(998_990, 25)
    assert len(last) == 10
    assert last[-1].id == "10999999"
    assert Items(million, reason="0123456789ab").page(990, 25)[-1].id == "10999250"
    blocks = Items(million, ALL).csv()
    tracemalloc.start()
    lines = sum(block.count(b"\r\n") for block in islice(blocks, 20))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines + sum(block.count(b"\r\n") for block in blocks) == 1_000_001
    assert lines > 25_000
    assert peak < 4_000_000
