"""The list of alarms: find, page, select."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from c8yadmin.alarms.forms import AlarmFilter
from sdk.sandbox.faults import Fault
from sdk.sandbox.store.tenant import Tenant
from tests.web.words import rows, words

LIST = "/t/acme/alarms/"
SignIn = Callable[..., Client]


@pytest.fixture
def alarm(acme: Tenant) -> Callable[..., dict[str, Any]]:
    """Puts an alarm of the first device into the tenant: `alarm(severity="MINOR", hours=3)`."""
    device = next(id for id, found in acme.inventory.objects.items() if "c8y_IsDevice" in found)

    def put(hours: float = 1, **fields: Any) -> dict[str, Any]:
        at = (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="milliseconds")
        at = at.replace("+00:00", "Z")
        made = {
            "id": acme.next_id(), "type": "t_Test", "text": "Something is wrong", "severity": "MAJOR",
            "status": "ACTIVE", "count": 1, "time": at, "creationTime": at, "lastUpdated": at,
            "firstOccurrenceTime": at, "source": {"id": device},
        }  # fmt: skip
        return acme.alarms.put(made | fields)

    return put


@pytest.fixture
def no_alarms(acme: Tenant) -> None:
    for id in list(acme.alarms):
        acme.alarms.remove(id)


def test_the_list_shows_alarms_newest_first_with_their_devices(sign_in: SignIn, acme: Tenant) -> None:
    answer = sign_in().get(LIST)
    newest = acme.alarms.newest()[0]
    device = acme.inventory.objects[newest["source"]["id"]]
    assert answer.status_code == 200
    assert len(rows(answer)) == min(25, len(acme.alarms))
    for value in (newest["text"], newest["type"], device["name"]):
        assert value in rows(answer)[0]
    assert f'href="/t/acme/devices/{device["id"]}/"' in answer.content.decode()


def test_a_list_page_is_one_tenant_call(sign_in: SignIn, calls: Callable[[], Fault]) -> None:
    browser = sign_in()
    counted = calls()
    browser.get(LIST, {"severity": ["MAJOR", "MINOR"], "status": "ACTIVE", "age": "24h", "page": "1"})
    assert counted.hits == 1


@pytest.mark.usefixtures("no_alarms")
def test_a_moment_stands_in_its_chip_as_it_was_chosen(sign_in: SignIn) -> None:
    answer = sign_in().get(LIST, {"since": "2026-01-01T00:00:00"})
    assert "From (UTC) 2026-01-01 00:00:00 " in words(answer)


def test_filters_narrow_the_list_and_stand_as_chips(sign_in: SignIn, alarm: Callable[..., Any]) -> None:
    alarm(text="wanted", severity="MINOR", status="ACKNOWLEDGED", type="t_A")
    alarm(text="also wanted", severity="WARNING", status="ACKNOWLEDGED", type="t_B")
    for other in ({"severity": "MAJOR"}, {"status": "ACTIVE"}, {"type": "t_C"}, {"hours": 30}):
        alarm(**({"severity": "MINOR", "status": "ACKNOWLEDGED", "type": "t_A", "text": "other"} | other))
    query = {"severity": ["MINOR", "WARNING"], "status": "ACKNOWLEDGED", "type": "t_A, t_B", "age": "24h"}
    answer = sign_in().get(LIST, query)
    assert [("wanted" in row, "other" in row) for row in rows(answer)] == [(True, False)] * 2
    assert "Minor, Warning" in words(answer)
    assert "In the last 24 hours" in words(answer)


@pytest.mark.usefixtures("no_alarms")
def test_alarms_older_than_a_while_can_be_found(sign_in: SignIn, alarm: Callable[..., Any]) -> None:
    alarm(text="fresh")
    alarm(text="stale", hours=24 * 40)
    assert [("stale" in row) for row in rows(sign_in().get(LIST, {"age": "over-30d"}))] == [True]


@pytest.mark.usefixtures("no_alarms")
def test_pages_hold_every_alarm_once(sign_in: SignIn, alarm: Callable[..., Any]) -> None:
    for number in range(60):
        alarm(text=f"alarm <{number}>", hours=number / 10)
    browser = sign_in()
    pages = [browser.get(LIST, {"page": page}) for page in (1, 2, 3)]
    found = [re.search(r"alarm <(\d+)>", row) for page in pages for row in rows(page)]
    assert [int(match[1]) for match in found if match] == list(range(60))
    assert "26–50 of 60" in words(pages[1])


@pytest.mark.parametrize("page", ["-1", "0", "abc", "1e9"])
def test_a_page_that_is_no_page_is_refused_in_place(
    sign_in: SignIn, calls: Callable[[], Fault], page: str
) -> None:
    browser = sign_in()
    counted = calls()
    answer = browser.get(LIST, {"page": page})
    assert answer.status_code == 400
    assert "Go to the first page" in words(answer)
    assert counted.hits == 0


def test_beyond_the_end_the_last_page_is_offered(sign_in: SignIn) -> None:
    answer = sign_in().get(LIST, {"page": "900", "status": "ACTIVE"})
    assert answer.status_code == 404
    assert "Page 900 is beyond the end" in words(answer)
    assert 'href="?status=ACTIVE&amp;page=1"' in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"severity": "DREADFUL"}, "“DREADFUL” is not one of the choices."),
        ({"source": "12; drop"}, "An id has up to 20 digits and nothing else."),
        ({"age": "24h", "since": "2026-01-01T00:00:00"}, "Choose either how long ago, or a time span."),
        ({"since": "2026-02-01T00:00", "until": "2026-01-01T00:00"}, "The span ends before it begins."),
        ({"since": "yesterday"}, "Type a date and a time, such as 2026-01-31T14:30."),
    ],
)
def test_a_filter_that_cannot_be_meant_is_told_beside_its_field(
    sign_in: SignIn, calls: Callable[[], Fault], query: dict[str, str], sentence: str
) -> None:
    browser = sign_in()
    counted = calls()
    answer = browser.get(LIST, query)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert counted.hits == 0


@pytest.mark.parametrize("since", ["9999-12-31T23:30:00-05:00", "0001-01-01T00:30:00+05:00"])
def test_a_span_at_the_end_of_time_is_no_failure_of_ours(sign_in: SignIn, since: str) -> None:
    assert sign_in().get(LIST, {"since": since}).status_code == 422


def test_what_was_typed_into_a_wrong_filter_stays(sign_in: SignIn) -> None:
    answer = sign_in().get(LIST, {"source": "pump 7", "type": "t_Kept"})
    assert 'value="pump 7"' in answer.content.decode()
    assert 'value="t_Kept"' in answer.content.decode()


def test_no_match_offers_to_clear_the_filters(sign_in: SignIn) -> None:
    answer = sign_in().get(LIST, {"type": "t_Nothing"})
    assert answer.status_code == 200
    assert "No alarms match" in words(answer)
    assert "Clear all filters" in words(answer)


@pytest.mark.usefixtures("no_alarms")
def test_a_tenant_without_alarms_is_no_failure(sign_in: SignIn) -> None:
    answer = sign_in().get(LIST)
    assert answer.status_code == 200
    assert "No alarms" in words(answer)
    assert "Clear all filters" not in words(answer)


def test_htmx_gets_the_list_alone_and_a_clean_address(sign_in: SignIn) -> None:
    answer = sign_in().get(
        LIST,
        {"status": "ACTIVE", "type": "", "page": "1"},
        headers={"HX-Request": "true", "HX-Target": "alarms"},
    )
    assert answer.content.decode().lstrip().startswith('<section id="alarms"')
    assert "<html" not in answer.content.decode()
    assert answer["HX-Push-Url"] == "/t/acme/alarms/?status=ACTIVE"


def test_text_from_devices_cannot_become_markup(sign_in: SignIn, alarm: Callable[..., Any]) -> None:
    hostile = "<img src=x onerror=alert(1)>\u202egnp.exe"
    alarm(text=hostile, type="<script>alert(2)</script>")
    page = sign_in().get(LIST).content.decode()
    assert "<img src=x" not in page
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def scope(answer: Any) -> str:
    found = re.search(r'name="filter" value="([^"]*)"', answer.content.decode())
    assert found
    return unescape(found[1])


def test_a_job_over_all_that_matches_gets_exactly_the_visible_filter(
    sign_in: SignIn, alarm: Callable[..., Any]
) -> None:
    alarm(severity="MAJOR", status="ACTIVE")
    browser = sign_in()
    query = {"status": ["ACKNOWLEDGED", "ACTIVE"], "severity": "MAJOR", "size": "25", "page": "1", "type": ""}
    assert scope(browser.get(LIST, query)) == "severity=MAJOR&status=ACKNOWLEDGED&status=ACTIVE"
    assert scope(browser.get(LIST)) == ""


@pytest.mark.usefixtures("no_alarms")
def test_a_relative_age_is_frozen_for_a_job(sign_in: SignIn, alarm: Callable[..., Any]) -> None:
    alarm()
    before = datetime.now(UTC).replace(microsecond=0)
    frozen = QueryDict(scope(sign_in().get(LIST, {"age": "24h", "status": "ACTIVE"})))
    since = datetime.fromisoformat(frozen["since"]).replace(tzinfo=UTC)
    assert sorted(frozen) == ["since", "status"]
    assert before - timedelta(days=1) <= since <= datetime.now(UTC) - timedelta(days=1)


def test_a_frozen_scope_is_a_filter_again() -> None:
    form = AlarmFilter(QueryDict("age=over-7d&severity=MINOR"))
    assert form.is_valid()
    again = AlarmFilter(QueryDict(form.scope()))
    assert again.is_valid()
    assert again.span() == form.span()
    assert again.scope() == form.scope()


def test_a_signed_in_user_of_another_tenant_is_sent_to_the_sign_in(sign_in: SignIn) -> None:
    answer = sign_in("admin", "globex").get(LIST)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")
