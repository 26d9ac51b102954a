"""The list of operations, and the page of one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from sdk.sandbox.faults import Fault
from tests.web.words import rows, words

LIST = "/t/acme/operations/"
SignIn = Callable[..., Client]
Json = dict[str, Any]


@pytest.mark.usefixtures("no_operations")
def test_operations_stand_newest_first_on_real_pages(sign_in: SignIn, operation: Callable[..., Json]) -> None:
    for number in range(30):
        operation(description=f"number <{number}>", hours=100 - number)
    browser = sign_in()
    pages = [browser.get(LIST), browser.get(LIST, {"page": "2"})]
    found = [re.search(r"number <(\d+)>", row) for page in pages for row in rows(page)]
    assert [int(match[1]) for match in found if match] == list(range(29, -1, -1))
    assert "26–30 of 30" in words(pages[1])


@pytest.mark.usefixtures("no_operations")
def test_status_device_and_time_narrow_the_list(
    sign_in: SignIn, operation: Callable[..., Json], agent: Json
) -> None:
    operation(description="wanted", status="FAILED")
    operation(description="other", status="SUCCESSFUL")
    operation(description="other", status="FAILED", deviceId="1")
    operation(description="other", status="FAILED", hours=24 * 365 * 3)
    query = {"status": "FAILED", "device": agent["id"], "since": "2025-01-01T00:00:00"}
    answer = sign_in().get(LIST, query)
    assert [("wanted" in row, "other" in row) for row in rows(answer)] == [(True, False)]
    assert "Failed" in words(answer)


@pytest.mark.usefixtures("no_operations")
def test_a_failed_operation_tells_its_reason(sign_in: SignIn, operation: Callable[..., Json]) -> None:
    failed = operation(status="FAILED", failureReason="Disk <full>")
    browser = sign_in()
    assert "Disk <full>" in rows(browser.get(LIST))[0]
    assert "Disk <full>" in words(browser.get(f"{LIST}{failed['id']}/"))
    assert "Disk <full>" not in browser.get(LIST).content.decode()


def test_a_list_page_is_one_tenant_call(sign_in: SignIn, calls: Callable[[], Fault]) -> None:
    browser = sign_in()
    counted = calls()
    browser.get(LIST, {"status": "PENDING"})
    assert counted.hits == 1


@pytest.mark.parametrize(("page", "status"), [("-1", 400), ("abc", 400), ("900", 404)])
def test_a_page_that_is_not_there_is_told_in_place(sign_in: SignIn, page: str, status: int) -> None:
    answer = sign_in().get(LIST, {"page": page})
    assert answer.status_code == status
    assert "Go to " in words(answer)


@pytest.mark.parametrize("query", [{"status": "LOST"}, {"device": "pump"}, {"since": "x"}])
def test_a_filter_that_cannot_be_meant_is_told_beside_its_field(
    sign_in: SignIn, calls: Callable[[], Fault], query: dict[str, str]
) -> None:
    browser = sign_in()
    counted = calls()
    answer = browser.get(LIST, query)
    assert (answer.status_code, counted.hits) == (422, 0)
    assert "is-invalid" in answer.content.decode()


@pytest.mark.usefixtures("no_operations")
def test_an_empty_list_says_what_will_be_there(sign_in: SignIn) -> None:
    browser = sign_in()
    assert "What is sent to devices appears here" in words(browser.get(LIST))
    assert "No operations match" in words(browser.get(LIST, {"status": "FAILED"}))


def test_the_page_of_an_operation_shows_all_of_it(
    sign_in: SignIn, operation: Callable[..., Json], calls: Callable[[], Fault]
) -> None:
    made = operation(c8y_Command={"text": "rm -rf <x>"})
    browser = sign_in()
    counted = calls()
    answer = browser.get(f"{LIST}{made['id']}/")
    assert counted.hits == 1
    assert '"text": "rm -rf <x>"' in words(answer)
    assert f'href="/t/acme/devices/{made["deviceId"]}/"' in answer.content.decode()


def test_an_operation_that_does_not_exist_is_told_so(sign_in: SignIn) -> None:
    answer = sign_in().get(f"{LIST}99999999/")
    assert answer.status_code == 404
    assert "no such object" in words(answer)
