"""One alarm: read it, acknowledge it, clear it, bring it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from sdk.sandbox.faults import Fault
from sdk.sandbox.store.tenant import Tenant
from tests.web.words import rows, words

SignIn = Callable[..., Client]


@pytest.fixture
def alarm(acme: Tenant) -> dict[str, Any]:
    """An active alarm of the tenant."""
    found = acme.alarms.newest()[0]
    found["status"] = "ACTIVE"
    return found


def page_of(alarm: dict[str, Any]) -> str:
    return f"/t/acme/alarms/{alarm['id']}/"


def change(browser: Client, alarm: dict[str, Any], status: str, seen: str = "ACTIVE", **more: Any) -> Any:
    return browser.post(page_of(alarm) + "status/", {"seen": seen, "status": status}, **more)


def in_place(alarm: dict[str, Any]) -> dict[str, Any]:
    return {"headers": {"HX-Request": "true", "HX-Target": f"alarm_{alarm['id']}"}}


@pytest.mark.parametrize("status", ["ACKNOWLEDGED", "CLEARED"])
def test_an_alarm_is_changed_without_javascript(sign_in: SignIn, alarm: dict[str, Any], status: str) -> None:
    browser = sign_in("operator")
    answer = change(browser, alarm, status)
    assert (answer.status_code, answer["Location"]) == (302, page_of(alarm))
    assert alarm["status"] == status
    assert f"The alarm is {status.lower()}." in words(browser.get(page_of(alarm)))


def test_a_cleared_alarm_can_be_reactivated(sign_in: SignIn, alarm: dict[str, Any]) -> None:
    alarm["status"] = "CLEARED"
    browser = sign_in()
    assert "Reactivate" in words(browser.get(page_of(alarm)))
    change(browser, alarm, "ACTIVE", seen="CLEARED")
    assert alarm["status"] == "ACTIVE"


def test_the_change_leads_back_to_the_list_it_came_from(sign_in: SignIn, alarm: dict[str, Any]) -> None:
    back = "/t/acme/alarms/?status=ACTIVE&page=2"
    form = {"seen": "ACTIVE", "status": "CLEARED", "next": back}
    assert sign_in().post(page_of(alarm) + "status/", form)["Location"] == back


@pytest.mark.parametrize(
    "next", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_the_change_leads_to_no_other_site(sign_in: SignIn, alarm: dict[str, Any], next: str) -> None:
    form = {"seen": "ACTIVE", "status": "CLEARED", "next": next}
    assert sign_in().post(page_of(alarm) + "status/", form)["Location"] == page_of(alarm)


def test_htmx_gets_the_fresh_row(sign_in: SignIn, alarm: dict[str, Any]) -> None:
    answer = change(sign_in(), alarm, "ACKNOWLEDGED", **in_place(alarm))
    assert answer.status_code == 200
    assert answer.content.decode().strip().startswith(f'<tr id="alarm_{alarm["id"]}"')
    assert "Acknowledged" in words(answer)
    assert "Reactivate" in words(answer)
    assert "csrfmiddlewaretoken" in answer.content.decode()


def test_an_alarm_that_moved_on_is_left_alone(sign_in: SignIn, alarm: dict[str, Any]) -> None:
    alarm["status"] = "CLEARED"
    answer = change(sign_in(), alarm, "ACKNOWLEDGED", **in_place(alarm))
    assert answer.status_code == 422
    assert "This alarm is cleared meanwhile; nothing was changed." in words(answer)
    assert alarm["status"] == "CLEARED"


def test_without_javascript_the_conflict_is_told_too(sign_in: SignIn, alarm: dict[str, Any]) -> None:
    alarm["status"] = "CLEARED"
    browser = sign_in()
    change(browser, alarm, "ACKNOWLEDGED")
    assert "nothing was changed" in words(browser.get(page_of(alarm)))
    assert alarm["status"] == "CLEARED"


def test_what_somebody_else_did_already_is_not_done_twice(
    sign_in: SignIn, alarm: dict[str, Any], acme: Tenant
) -> None:
    alarm["status"] = "CLEARED"
    audits = len(acme.audits)
    assert change(sign_in(), alarm, "CLEARED").status_code == 302
    assert len(acme.audits) == audits


def test_a_change_is_two_tenant_calls(
    sign_in: SignIn, alarm: dict[str, Any], calls: Callable[[], Fault]
) -> None:
    browser = sign_in()
    counted = calls()
    change(browser, alarm, "CLEARED")
    assert counted.hits == 2


def test_a_reader_sees_why_not(sign_in: SignIn, alarm: dict[str, Any]) -> None:
    browser = sign_in("reader")
    reason = "Needs ROLE_ALARM_ADMIN, which reader does not have in Acme."
    assert reason in words(browser.get(page_of(alarm)))
    assert reason in words(browser.get("/t/acme/alarms/"))


@pytest.mark.parametrize("more", [{}, {"headers": {"HX-Request": "true", "HX-Target": "alarm_1"}}])
def test_a_readers_forced_change_is_refused_in_the_tenants_words(
    sign_in: SignIn, alarm: dict[str, Any], more: dict[str, Any]
) -> None:
    answer = change(sign_in("reader"), alarm, "CLEARED", **more)
    assert answer.status_code == 403
    assert "Access is denied" in words(answer)
    assert alarm["status"] == "ACTIVE"


@pytest.mark.parametrize("form", [{}, {"seen": "ACTIVE", "status": "DELETED"}, {"status": "CLEARED"}])
def test_a_damaged_form_changes_nothing(sign_in: SignIn, alarm: dict[str, Any], form: dict[str, str]) -> None:
    assert sign_in().post(page_of(alarm) + "status/", form).status_code == 400
    assert alarm["status"] == "ACTIVE"


def test_a_status_is_not_changed_by_a_link(sign_in: SignIn, alarm: dict[str, Any]) -> None:
    assert sign_in().get(page_of(alarm) + "status/").status_code == 405


def test_the_page_of_an_alarm_shows_all_of_it(
    sign_in: SignIn, alarm: dict[str, Any], calls: Callable[[], Fault]
) -> None:
    alarm["t_Custom"] = {"<deep>": [1, 2]}
    browser = sign_in()
    counted = calls()
    answer = browser.get(page_of(alarm))
    assert counted.hits == 1
    for value in (alarm["text"], alarm["type"], '"<deep>"', str(alarm["count"])):
        assert value in words(answer)


@pytest.mark.parametrize("id", ["99999999", "0"])
def test_an_alarm_that_does_not_exist_is_told_so(sign_in: SignIn, id: str) -> None:
    answer = sign_in().get(f"/t/acme/alarms/{id}/")
    assert answer.status_code == 404
    assert "no such object" in words(answer)


@pytest.mark.parametrize("id", ["x", "1" * 21, "-1", "1%2F2", "٣"])
def test_what_is_no_id_never_reaches_the_tenant(sign_in: SignIn, calls: Callable[[], Fault], id: str) -> None:
    browser = sign_in()
    counted = calls()
    assert browser.get(f"/t/acme/alarms/{id}/").status_code == 404
    assert counted.hits == 0


def of_group(acme: Tenant) -> set[str]:
    """The devices that the user `restricted` may work on, by an inventory role."""
    group = acme.assignments["restricted"][1]["managedObject"]
    return {id for id, parents in acme.inventory.parents["childAssets"].items() if group in parents}


def test_who_sees_alarms_by_inventory_roles_may_change_those(sign_in: SignIn, acme: Tenant) -> None:
    inside = next(iter(of_group(acme)))
    alarm = acme.alarms.put(
        acme.alarms.newest()[0] | {"id": acme.next_id(), "source": {"id": inside}, "status": "ACTIVE"}
    )
    browser = sign_in("restricted")
    answer = browser.get("/t/acme/alarms/", {"source": inside})
    assert f'id="alarm_{alarm["id"]}"' in answer.content.decode()
    assert "Needs ROLE_ALARM_ADMIN" not in " ".join(rows(answer))
    change(browser, alarm, "ACKNOWLEDGED")
    assert alarm["status"] == "ACKNOWLEDGED"


def test_inventory_roles_end_where_the_tenant_says(
    sign_in: SignIn, acme: Tenant, alarm: dict[str, Any]
) -> None:
    outside = next(
        id
        for id, found in acme.inventory.objects.items()
        if "c8y_IsDevice" in found and id not in of_group(acme)
    )
    alarm["source"] = {"id": outside}
    browser = sign_in("restricted")
    assert browser.get(page_of(alarm)).status_code == 403
    assert change(browser, alarm, "CLEARED").status_code == 403
    assert alarm["status"] == "ACTIVE"
