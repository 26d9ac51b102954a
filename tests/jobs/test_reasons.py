"""Which failures are alike: ids and numbers differ from target to target, names of fragments do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from c8yadmin.jobs.models import ItemResult, Job
from c8yadmin.jobs.registry import Outcome
from tests.jobs.conftest import Ledger
from tests.web.words import words

Make = Callable[..., Job]
JOBS = "/t/acme/jobs/"


@pytest.fixture
def told(make_job: Make, ledger: Ledger, sign_in: Any, settings: Any) -> Callable[[str], str]:
    """What the results say when each of three targets failed with `{id}` and `{n}` of its own in a text."""
    settings.TENANT_CONNECTOR = "tests.tenants.connector"

    def failing(text: str) -> str:
        for id in "123":
            ledger.deeds[id] = lambda id: Outcome.failed(text.format(id=id, n=int(id) * 1000 + 234))
        job = make_job(3, autostart=True)
        return words(sign_in().get(f"{JOBS}{job.pk}/results/"))

    return failing


@pytest.mark.parametrize(
    "text",
    [
        "Changed since: c8y_Position.lat, c8y_Price.amount, name.",
        "SHA1 and X509 are refused; IPv4 and UTF8 are not, nor 3D, 2FA and c8y_Level2.",
    ],
)
def test_names_with_digits_are_told_as_they_are(told: Callable[[str], str], text: str) -> None:
    assert f"3 × Failed {text}" in told(text)


@pytest.mark.parametrize(
    ("text", "alike"),
    [
        ("Row {n} of 4000: {id} is there.", "Row … of …: … is there."),
        ("c8y_Position.lat is {n}.5", "c8y_Position.lat is ….…"),
        ("Took {n}ms, then {id} s.", "Took …ms, then … s."),
        ("Locked at 2026-11-20T1{id}:20:03.{n}Z.", "Locked at …-…-…:…:….…Z."),
        ("Pump-{n} and SN{n}{n} exist.", "Pump-… and SN… exist."),
    ],
)
def test_numbers_that_stand_alone_do_not_tell_failures_apart(
    told: Callable[[str], str], text: str, alike: str
) -> None:
    assert f"3 × Failed {alike}" in told(text)


def test_results_of_an_older_version_keep_their_groups(
    make_job: Make, ledger: Ledger, sign_in: Any, settings: Any
) -> None:
    settings.TENANT_CONNECTOR = "tests.tenants.connector"
    for id in "12":
        ledger.deeds[id] = lambda id: Outcome.failed("c8y_Note is locked")
    job = make_job(3, autostart=True)
    ItemResult.objects.filter(chunk__job=job).update(reason="0123456789ab")
    browser = sign_in()
    assert "2 × Failed c8y_Note is locked" in words(browser.get(f"{JOBS}{job.pk}/results/"))
    answer = browser.post(f"{JOBS}{job.pk}/retry/", {"reason": "0123456789ab"})
    assert answer.status_code == 302
    assert Job.objects.get(parent=job).target_spec["reason"] == "0123456789ab"
