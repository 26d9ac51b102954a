"""The list of device requests."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from sdk.sandbox.faults import Fault
from sdk.sandbox.store.tenant import Tenant
from tests.web.words import rows, words

LIST = "/t/acme/onboarding/"
SignIn = Callable[..., Client]
Requests = Callable[..., dict[str, Any]]


def listed(answer: Any) -> list[str]:
    """The ids of the rows, in order."""
    return [unescape(id) for id in re.findall(r'name="id" value="([^"]*)"', answer.content.decode())]


def test_requests_stand_newest_first_with_counts_by_state(sign_in: SignIn, acme: Tenant) -> None:
    answer = sign_in().get(LIST)
    newest = sorted(acme.requests.values(), key=lambda one: one["creationTime"], reverse=True)
    assert listed(answer) == [one["id"] for one in newest]
    for label in ("All 18", "Waiting for connection 9", "Pending acceptance 7", "Accepted 1", "Blocked 1"):
        assert label in words(answer)


@pytest.mark.usefixtures("no_requests")
def test_a_row_tells_group_type_and_who_asked(sign_in: SignIn, request_of: Requests) -> None:
    request_of("IMEI-1", groupId="gone", type="t_Pump", owner="otto")
    answer = sign_in().get(LIST)
    for value in ("IMEI-1", "gone", "t_Pump", "by otto", "Pending acceptance"):
        assert value in rows(answer)[0]


@pytest.mark.usefixtures("no_requests")
def test_filters_and_order_are_ours_and_live_in_the_address(sign_in: SignIn, request_of: Requests) -> None:
    request_of("B-1", hours=1)
    request_of("A-1", hours=2)
    request_of("A-2", "WAITING_FOR_CONNECTION", hours=3)
    request_of("A-9", hours=24 * 9)
    browser = sign_in()
    assert listed(browser.get(LIST, {"text": "a-", "status": "PENDING_ACCEPTANCE", "age": "7d"})) == ["A-1"]
    assert listed(browser.get(LIST, {"age": "over-7d"})) == ["A-9"]
    assert listed(browser.get(LIST, {"sort": "id"})) == ["A-1", "A-2", "A-9", "B-1"]
    assert listed(browser.get(LIST, {"sort": "-status"}))[0] == "A-2"


@pytest.mark.undescribed("a state of requests that the platform may add one day")
@pytest.mark.usefixtures("no_requests")
def test_a_state_that_nobody_knows_yet_is_shown_and_can_be_filtered(
    sign_in: SignIn, request_of: Requests
) -> None:
    request_of("X-1", "TELEPORTING")
    request_of("X-2")
    browser = sign_in()
    answer = browser.get(LIST, {"status": "TELEPORTING"})
    assert listed(answer) == ["X-1"]
    assert "Teleporting 1" in words(answer)


@pytest.mark.parametrize(("group", "number"), [("", 2), ("gone", 2), ("1", 3)])
@pytest.mark.usefixtures("no_requests")
def test_a_page_calls_for_requests_and_policy_and_for_groups_where_there_are_any(
    sign_in: SignIn, request_of: Requests, calls: Callable[[], Fault], group: str, number: int
) -> None:
    for n in range(20):
        request_of(f"IMEI-{n}", groupId=group)
    browser = sign_in()
    counted = calls()
    browser.get(LIST, {"status": "PENDING_ACCEPTANCE"})
    assert counted.hits == number


@pytest.mark.usefixtures("no_requests")
def test_the_group_to_join_is_named(sign_in: SignIn, request_of: Requests, acme: Tenant) -> None:
    group = next(found for found in acme.inventory.objects.values() if "c8y_IsDeviceGroup" in found)
    request_of("IMEI-1", groupId=group["id"])
    answer = sign_in().get(LIST)
    assert group["name"] in rows(answer)[0]
    assert f'href="/t/acme/devices/{group["id"]}/"' in answer.content.decode()


@pytest.mark.usefixtures("no_requests")
def test_more_requests_than_the_tenant_gives_at_once_are_all_there(
    sign_in: SignIn, request_of: Requests, calls: Callable[[], Fault]
) -> None:
    for number in range(4100):
        request_of(f"IMEI-{number:05}", hours=1 + number / 100)
    browser = sign_in()
    counted = calls()
    answer = browser.get(LIST, {"page": "41", "size": "100"})
    assert listed(answer)[-1] == "IMEI-04099"
    assert "4,001–4,100 of 4,100" in words(answer)
    assert counted.hits == 4


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"page": "-1"}, 400),
        ({"page": "abc"}, 400),
        ({"page": "900"}, 404),
        ({"age": "never"}, 422),
        ({"sort": "owner"}, 422),
    ],
)
def test_what_cannot_be_listed_is_told_in_place(sign_in: SignIn, query: dict[str, str], status: int) -> None:
    answer = sign_in().get(LIST, query)
    assert answer.status_code == status
    assert listed(answer) == []
    assert re.search("Go to |Clear all filters", words(answer))


@pytest.mark.usefixtures("no_requests")
def test_an_empty_list_says_how_a_device_gets_here(sign_in: SignIn) -> None:
    answer = sign_in().get(LIST)
    assert "Nobody is waiting" in words(answer)
    assert 'href="/t/acme/onboarding/register/"' in answer.content.decode()


@pytest.mark.usefixtures("no_requests")
def test_look_alike_ids_are_pointed_out(sign_in: SignIn, request_of: Requests) -> None:
    request_of("PUMP-01", hours=1)
    request_of("PUMP-O1", hours=2)
    request_of("PUМP-01", hours=3)  # noqa: RUF003  # a Cyrillic М
    request_of("PUMP-02", hours=4)
    shown = rows(sign_in().get(LIST))
    assert "Looks like PUMP-O1 , PU М P-01" in shown[0]
    assert "U+041C cyrillic capital letter em" in shown[2]
    assert "Looks like" not in shown[3]


@pytest.mark.usefixtures("no_requests")
@pytest.mark.parametrize(
    ("id", "seen"),
    [
        ("a\u200bb", "U+200B zero width space"),
        ("a b ", "U+0020 space"),
        ("a/b%2F", "U+002F solidus"),
        ("a\u202eb", "U+202E right-to-left override"),
        ("<script>alert(1)</script>", "U+003C less-than sign"),
    ],
)
def test_odd_characters_of_an_id_are_named_and_harmless(
    sign_in: SignIn, request_of: Requests, id: str, seen: str
) -> None:
    request_of(id)
    answer = sign_in().get(LIST)
    assert listed(answer) == [id]
    assert seen in rows(answer)[0]
    assert "<script>alert" not in answer.content.decode()


@pytest.mark.parametrize(("policy", "fields"), [("IGNORED", 0), ("OPTIONAL", 7), ("REQUIRED", 7)])
def test_pending_rows_ask_for_a_security_token_where_the_tenant_wants_one(
    sign_in: SignIn, tokens: Callable[[str], None], policy: str, fields: int
) -> None:
    tokens(policy)
    assert sign_in().get(LIST).content.decode().count('name="token:') == fields


def test_an_unset_or_unreadable_policy_is_optional(sign_in: SignIn, acme: Tenant) -> None:
    del acme.options["device-registration", "security-token.policy"]
    assert "Security token" in words(sign_in().get(LIST))


def test_a_reader_sees_why_not(sign_in: SignIn) -> None:
    answer = sign_in("reader").get(LIST)
    assert "Needs ROLE_DEVICE_CONTROL_ADMIN, which reader does not have in Acme." in words(answer)
    assert "Needs ROLE_USER_MANAGEMENT_ADMIN, which reader does not have in Acme." in words(answer)


def test_htmx_gets_the_list_alone(sign_in: SignIn) -> None:
    answer = sign_in().get(LIST, headers={"HX-Request": "true", "HX-Target": "requests"})
    assert answer.content.decode().lstrip().startswith('<section id="requests"')


def news_of(answer: Any) -> str:
    found = re.search(r'id="news" [^>]*hx-get="([^"]*)"', answer.content.decode())
    assert found
    return unescape(found[1])


IN_PLACE = {"headers": {"HX-Request": "true", "HX-Target": "news"}}


def test_no_news_are_an_empty_answer_and_one_call(sign_in: SignIn, calls: Callable[[], Fault]) -> None:
    browser = sign_in()
    address = news_of(browser.get(LIST))
    counted = calls()
    answer = browser.get(address, **IN_PLACE)
    assert (answer.status_code, answer.content) == (204, b"")
    assert counted.hits == 1


def test_new_requests_are_announced_without_touching_the_table(sign_in: SignIn, request_of: Requests) -> None:
    browser = sign_in()
    address = news_of(browser.get(LIST))
    request_of("NEW-1", hours=-0.01)
    request_of("NEW-2", hours=-0.01)
    answer = browser.get(address, **IN_PLACE)
    assert answer.status_code == 200
    assert "2 new requests." in words(answer)
    assert "<table" not in answer.content.decode()


def test_a_changed_state_is_announced_too(sign_in: SignIn, acme: Tenant) -> None:
    browser = sign_in()
    address = news_of(browser.get(LIST))
    next(iter(acme.requests.values()))["status"] = "ACCEPTED"
    assert "Requests changed meanwhile." in words(browser.get(address, **IN_PLACE))


def test_showing_the_news_keeps_the_selection(sign_in: SignIn, request_of: Requests) -> None:
    request_of("KEEP-1")
    answer = sign_in().get(LIST, {"id": "KEEP-1"}, headers={"HX-Request": "true", "HX-Target": "requests"})
    page = answer.content.decode()
    assert re.search(r'value="KEEP-1" form="bulk" data-select checked', page)
    assert page.count(" checked") == 1
    assert "id=KEEP-1" not in page
    assert answer["HX-Push-Url"] == LIST + "?"


def test_a_page_that_nobody_touches_stops_asking(sign_in: SignIn, calls: Callable[[], Fault]) -> None:
    browser = sign_in()
    address = re.sub(
        r"drawn=(\d+)", lambda match: f"drawn={int(match[1]) - 3600}", news_of(browser.get(LIST))
    )
    counted = calls()
    answer = browser.get(address, **IN_PLACE)
    assert answer.status_code == 286
    assert "no longer watched" in words(answer)
    assert counted.hits == 0


@pytest.mark.parametrize("query", [{}, {"drawn": "x", "newest": "y"}, {"drawn": "9" * 5000}])
def test_damaged_news_addresses_do_no_harm(sign_in: SignIn, query: dict[str, str]) -> None:
    assert sign_in().get(LIST + "news/", query).status_code in (200, 286)


@pytest.mark.parametrize("moment", ["2026-01-01T00:00", "0001-01-01T00:00+05:00", "9999-12-31T23:30-05:00"])
def test_news_since_any_moment_are_counted(sign_in: SignIn, moment: str) -> None:
    answer = sign_in().get(f"{LIST}news/", {"drawn": int(time.time()), "newest": moment})
    assert answer.status_code == 200
