"""One device with its tabs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from sdk.sandbox.faults import Fault
from sdk.sandbox.store.tenant import Tenant
from tests.web.words import words

SignIn = Callable[..., Client]
PutDevice = Callable[..., dict[str, Any]]


def page_of(device: dict[str, Any] | str, tab: str = "") -> str:
    id = device if isinstance(device, str) else device["id"]
    return f"/t/acme/devices/{id}/" + (f"?tab={tab}" if tab else "")


def a_gateway(acme: Tenant) -> dict[str, Any]:
    """A device with children, a position and external ids."""
    return next(
        found for found in acme.inventory.objects.values()
        if found.get("type") == "c8y_Gateway" and acme.inventory.children["childDevices"].get(found["id"])
    )  # fmt: skip


def test_the_summary_shows_the_known_fragments_and_the_groups(sign_in: SignIn, acme: Tenant) -> None:
    gateway = a_gateway(acme)
    answer = sign_in().get(page_of(gateway))
    text = words(answer)
    group = acme.inventory.objects[next(iter(acme.inventory.parents["childAssets"][gateway["id"]]))]
    hardware, mobile = gateway["c8y_Hardware"], gateway["c8y_Mobile"]
    shown = (gateway["id"], gateway["type"], gateway["owner"], group["name"], hardware["model"])
    for value in (*shown, hardware["serialNumber"], gateway["c8y_Firmware"]["version"], mobile["imei"]):
        assert value in text
    assert f'href="{page_of(group)}"' in answer.content.decode()
    assert f"mlat={gateway['c8y_Position']['lat']}" in answer.content.decode()
    assert "Supported operations c8y_Restart" in text


def test_fragments_without_a_card_are_rows_with_their_type(sign_in: SignIn, device: PutDevice) -> None:
    made = device(t_Count=3, t_On=True, t_Marker={}, t_List=[1, 2], t_Deep={"a": {"b": 1}}, t_Text="hi")
    text = words(sign_in().get(page_of(made)))
    for row in (
        "t_Count number 3",
        "t_On boolean true",
        "t_Marker marker",
        "t_List list of 2 [1, 2]",
        't_Deep object of 1 {"a": {"b": 1}}',
        "t_Text text hi",
    ):
        assert row in text


@pytest.mark.parametrize("tab", ["summary", "json"])
def test_what_the_object_itself_tells_is_one_tenant_call(
    sign_in: SignIn, acme: Tenant, calls: Callable[..., Fault], tab: str
) -> None:
    browser, counted = sign_in(), calls()
    browser.get(page_of(a_gateway(acme), tab))
    assert counted.hits == 1


@pytest.mark.parametrize("tab", ["alarms", "operations", "children", "identity"])
def test_a_tab_with_contents_of_its_own_is_two_tenant_calls(
    sign_in: SignIn, acme: Tenant, calls: Callable[..., Fault], tab: str
) -> None:
    browser, counted = sign_in(), calls()
    assert browser.get(page_of(a_gateway(acme), tab)).status_code == 200
    assert counted.hits == 2


@pytest.mark.parametrize("tab", ["json", "alarms", "operations", "children", "identity"])
def test_a_tab_is_fetched_alone_by_htmx_and_has_its_own_address(
    sign_in: SignIn, acme: Tenant, tab: str
) -> None:
    browser, gateway = sign_in(), a_gateway(acme)
    part = browser.get(page_of(gateway, tab), headers={"HX-Request": "true", "HX-Target": "object_tab"})
    assert part.content.decode().lstrip().startswith('<section id="object_tab">')
    whole = browser.get(page_of(gateway, tab)).content.decode()
    assert part.content.decode().strip() in whole
    assert re.search(rf'href="{re.escape(page_of(gateway, tab))}"[^>]*aria-current="page"', whole)


def test_the_json_tab_shows_everything_and_links_to_what_it_refers_to(sign_in: SignIn, acme: Tenant) -> None:
    gateway = a_gateway(acme)
    group = next(iter(acme.inventory.parents["childAssets"][gateway["id"]]))
    answer = sign_in().get(page_of(gateway, "json"))
    assert f'"serialNumber": "{gateway["c8y_Hardware"]["serialNumber"]}"' in words(answer)
    assert f'"<a href="{page_of(group)}">{group}</a>"' in answer.content.decode().replace("&#34;", '"')


def test_alarms_and_operations_of_the_device_are_shown_and_lead_to_all_of_them(
    sign_in: SignIn, acme: Tenant
) -> None:
    browser = sign_in()
    alarm = next(iter(acme.alarms.values()))
    answer = browser.get(page_of(alarm["source"]["id"], "alarms"))
    assert alarm["type"] in words(answer)
    assert f'href="/t/acme/alarms/?source={alarm["source"]["id"]}"' in answer.content.decode()


def test_children_are_listed_by_kind_in_real_pages(sign_in: SignIn, acme: Tenant, device: PutDevice) -> None:
    browser, parent = sign_in(), device(name="Parent")
    for number in range(30):
        acme.inventory.link("childDevices", parent["id"], device(name=f"Child {number:02d}")["id"])
    first = browser.get(page_of(parent, "children"))
    assert "Child 00" in words(first)
    assert "1–25 of 30" in words(first)
    second = browser.get(page_of(parent, "children") + "&page=2")
    assert "Child 29" in words(second)
    assert "Child 00" not in words(second)
    assert browser.get(page_of(parent, "children") + "&page=9").status_code == 404
    assert browser.get(page_of(parent, "children") + "&page=x").status_code == 400
    assert "No child additions" in words(browser.get(page_of(parent, "children") + "&kind=additions"))


def test_external_ids_are_listed(sign_in: SignIn, acme: Tenant) -> None:
    gateway = a_gateway(acme)
    kind, external = acme.external_ids[gateway["id"]][0]
    text = words(sign_in().get(page_of(gateway, "identity")))
    assert kind in text
    assert external in text


def test_a_group_can_be_looked_at_too_but_offers_no_operations(sign_in: SignIn, acme: Tenant) -> None:
    group = next(found for found in acme.inventory.objects.values() if "c8y_IsDeviceGroup" in found)
    answer = sign_in().get(page_of(group))
    assert group["name"] in words(answer)
    assert "Create operation" not in words(answer)


def test_an_object_that_does_not_exist_is_a_404_that_says_so(sign_in: SignIn) -> None:
    answer = sign_in().get(page_of("999999"))
    assert answer.status_code == 404
    assert "Acme has no such object" in words(answer)


@pytest.mark.parametrize("id", ["abc", "-1", "1" * 21, "١٢", "..%2f..%2ftenant", "1%23"])
def test_what_is_no_id_never_becomes_a_tenant_call(
    sign_in: SignIn, calls: Callable[..., Fault], id: str
) -> None:
    browser, counted = sign_in(), calls()
    assert browser.get(f"/t/acme/devices/{id}/edit/").status_code == 404
    assert counted.hits == 0


def test_a_tab_that_does_not_exist_is_a_404_without_a_tenant_call(
    sign_in: SignIn, acme: Tenant, calls: Callable[..., Fault]
) -> None:
    browser, counted = sign_in(), calls()
    assert browser.get(page_of(a_gateway(acme), "secrets")).status_code == 404
    assert counted.hits == 0


def test_actions_lead_to_the_editor_an_operation_and_a_job(sign_in: SignIn, acme: Tenant) -> None:
    gateway = a_gateway(acme)
    page = sign_in().get(page_of(gateway)).content.decode()
    assert f'href="{page_of(gateway)}edit/"' in page
    assert f'href="/t/acme/operations/new/?device={gateway["id"]}"' in page
    assert f"action=inventory.set&amp;target=devices&amp;id={gateway['id']}" in page


def test_a_reader_sees_why_the_buttons_do_nothing(sign_in: SignIn, acme: Tenant) -> None:
    answer = sign_in("reader").get(page_of(a_gateway(acme)))
    assert (
        "Needs ROLE_INVENTORY_ADMIN or ROLE_MANAGED_OBJECT_ADMIN, which reader does not have in Acme."
        in words(answer)
    )
    assert "edit/" not in answer.content.decode()


def test_who_has_rights_on_one_group_only_is_not_told_that_the_right_is_missing(
    sign_in: SignIn, acme: Tenant
) -> None:
    browser = sign_in("restricted")
    group = acme.assignments["restricted"][1]["managedObject"]
    member = next(iter(acme.inventory.children["childAssets"][str(group)]))
    answer = browser.get(page_of(member))
    assert answer.status_code == 200
    assert f'href="{page_of(member)}edit/"' in answer.content.decode()
    assert "Needs ROLE" not in words(answer)
