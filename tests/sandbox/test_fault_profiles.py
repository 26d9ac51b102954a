"""The profiles of faults, and those faults that pages have."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests
from requests import Response

from sdk.sandbox import Sandbox
from sdk.sandbox.faults import PROFILES
from tests.sandbox.doors import Door

OBJECTS = "/inventory/managedObjects"
DOCUMENT = Path(__file__).parents[2] / "docs" / "sandbox.md"


def outcomes(profile: str, calls: int, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Response], int]:
    """The answers to so many calls, and how many had none."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    admin = Door(Sandbox(devices=12, seed=7, faults=profile), "admin")
    answers, cut = [], 0
    for _ in range(calls):
        try:
            answers.append(admin.get(f"{OBJECTS}?pageSize=10&withTotalElements=true"))
        except requests.RequestException:
            cut += 1
    return answers, cut


def is_page(answer: Response) -> bool:
    return "text/html" in answer.headers["Content-Type"]


def test_the_throttled_tenant_tells_of_the_limit_in_each_form(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, _ = outcomes("throttled", 200, monkeypatch)
    limited = [answer.headers.get("Retry-After") for answer in answers if answer.status_code == 429]
    dates = [value for value in limited if value not in (None, "1")]
    assert {None, "1"} < set(limited)
    assert all(parsedate_to_datetime(value) for value in dates if value)
    assert {answer.status_code for answer in answers} == {200, 429}


def test_the_flaky_tenant_fails_in_passing(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, cut = outcomes("flaky", 600, monkeypatch)
    assert {answer.status_code for answer in answers} == {200, 502, 503, 504}
    assert all(is_page(answer) for answer in answers if answer.status_code in (502, 504))
    assert cut


def test_the_broken_tenant_answers_nonsense(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, cut = outcomes("broken", 300, monkeypatch)
    assert {answer.status_code for answer in answers} == {200, 401, 500}
    assert any(is_page(answer) for answer in answers)
    assert any(not answer.text.endswith("}") for answer in answers if answer.status_code == 200)
    assert cut


def test_the_slow_tenant_answers_late_but_right(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, cut = outcomes("slow", 60, monkeypatch)
    assert (cut, {answer.status_code for answer in answers}) == (0, {200})
    assert all(answer.json()["managedObjects"] for answer in answers)
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    admin = Door(Sandbox(devices=4, seed=7, faults="slow"), "admin")
    for _ in range(60):
        admin.get("/platform")
    assert {0.1, 1.0} <= set(waited)


@pytest.mark.parametrize("profile", ["filtered", "stale"])
def test_pages_that_are_short_or_wrongly_counted(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, _ = outcomes(profile, 60, monkeypatch)
    pages = [answer.json() for answer in answers]
    sizes = {len(page["managedObjects"]) for page in pages}
    totals = {page["statistics"]["totalElements"] for page in pages}
    assert all("next" in page for page in pages)
    assert sizes == ({0, 5, 10} if profile == "filtered" else {10})
    assert (len(totals) > 1) is (profile == "stale")


def test_the_expiring_tenant_ends_sessions(sandbox: Sandbox) -> None:
    admin = Door(sandbox, "admin")
    for fault in PROFILES["expiring"]:
        sandbox.faults.add(**fault)  # type: ignore[arg-type]
    form = {"grant_type": "PASSWORD", "username": "admin", "password": admin.session.auth[1]}  # type: ignore[index]
    admin.session.auth = None
    ended = 0
    for _ in range(5):
        answer = admin.call("POST", "/tenant/oauth/token", data=form)
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        while admin.get(OBJECTS, headers=headers).status_code == 200:
            pass
        ended += 1
    assert ended == 5


def test_short_pages_still_lead_to_the_end(sandbox: Sandbox, admin: Door) -> None:
    everything = admin.everything(f"{OBJECTS}?pageSize=20", "managedObjects")
    sandbox.faults.add(OBJECTS, short_pages=1.0, times=2)
    found = admin.everything(f"{OBJECTS}?pageSize=20", "managedObjects")
    assert len(found) == len(everything) - 40


def test_everything_is_all_of_them() -> None:
    parts = [fault for name, faults in PROFILES.items() if name != "everything" for fault in faults]
    assert sorted(map(str, PROFILES["everything"])) == sorted(map(str, parts))


def test_every_profile_is_documented() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", DOCUMENT.read_text(), re.MULTILINE))
    assert set(PROFILES) <= told
