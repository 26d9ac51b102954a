"""The list of devices: find, sort, page, select."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client

from sdk.sandbox import Sandbox
from sdk.sandbox.faults import Fault
from sdk.sandbox.store.tenant import Tenant
from tests.web.words import words

LIST = "/t/acme/devices/"
HTMX = {"HX-Request": "true", "HX-Target": "devices"}
SignIn = Callable[..., Client]


def listed(answer: HttpResponse) -> list[str]:
    """The ids of the rows, in order."""
    return re.findall(r'name="id" value="(\d+)"', answer.content.decode())


def total(answer: HttpResponse) -> int:
    found = re.search(r"of ([\d,]+)", words(answer))
    return int(found[1].replace(",", "")) if found else 0


def devices(acme: Tenant) -> list[dict[str, Any]]:
    return [found for found in acme.inventory.objects.values() if "c8y_IsDevice" in found]


def test_the_list_shows_devices_with_what_matters_and_says_how_many_there_are(
    sign_in: SignIn, acme: Tenant
) -> None:
    answer = sign_in().get(LIST)
    known = devices(acme)
    assert answer.status_code == 200
    assert total(answer) == len(known) == 60
    assert len(listed(answer)) == 25
    first = acme.inventory.objects[listed(answer)[0]]
    group = acme.inventory.objects[next(iter(acme.inventory.parents["childAssets"][first["id"]]))]
    for value in (first["name"], first["type"], first["owner"], group["name"]):
        assert value in words(answer)


def test_a_list_page_is_one_tenant_call(sign_in: SignIn, calls: Callable[..., Fault]) -> None:
    browser = sign_in()
    counted = calls()
    browser.get(LIST, {"text": "pump", "type": "c8y_Pump", "sort": "-name", "page": "1"})
    assert counted.hits == 1


def test_a_group_named_without_its_id_costs_one_call_more(
    sign_in: SignIn, calls: Callable[..., Fault]
) -> None:
    browser = sign_in()
    counted = calls()
    browser.get(LIST, {"group": "Site Aarhus"})
    assert counted.hits == 2
    browser.get(LIST, {"group": "Site Aarhus #1001"})
    assert counted.hits == 3


def test_pages_are_real_and_hold_every_device_once(sign_in: SignIn, acme: Tenant) -> None:
    browser = sign_in()
    ids = [id for page in (1, 2, 3) for id in listed(browser.get(LIST, {"page": page}))]
    assert sorted(ids) == sorted(found["id"] for found in devices(acme))


@pytest.mark.parametrize(
    ("sort", "key"), [("name", "name"), ("-name", "name"), ("type", "type"), ("-updated", "lastUpdated")]
)
def test_columns_sort_in_both_directions(sign_in: SignIn, acme: Tenant, sort: str, key: str) -> None:
    answer = sign_in().get(LIST, {"sort": sort, "size": "100"})
    shown = [acme.inventory.objects[id][key] for id in listed(answer)]
    assert shown == sorted(shown, reverse=sort.startswith("-"))
    assert f'aria-sort="{"descending" if sort.startswith("-") else "ascending"}"' in answer.content.decode()


def test_alarms_sort_by_the_gravest_first(sign_in: SignIn, acme: Tenant) -> None:
    shown = [
        acme.inventory.objects[id] for id in listed(sign_in().get(LIST, {"sort": "-alarms", "size": "100"}))
    ]
    keys = [
        tuple(
            found.get("c8y_ActiveAlarmsStatus", {}).get(s, 0)
            for s in ("critical", "major", "minor", "warning")
        )
        for found in shown
    ]
    assert keys[0] > (0, 0, 0, 0)
    assert keys == sorted(keys, reverse=True)


def test_free_text_finds_part_of_the_name_type_owner_or_serial_number_and_the_id(
    sign_in: SignIn, device: Callable[..., dict[str, Any]]
) -> None:
    browser = sign_in()
    made = device(name="Zebra one", type="t_Quagga", c8y_Hardware={"serialNumber": "SER-Okapi-9"})
    for text in ("ZEBRA", "quagga", "okapi", made["id"], "Z*one"):
        assert made["id"] in listed(browser.get(LIST, {"text": text})), text
    assert total(browser.get(LIST, {"text": "okapi"})) == 1


@pytest.mark.parametrize(
    "name",
    ["O'Brien & sons", "50% + #1", 'a"b\\c', "'; DROP TABLE devices;--", "x') or (name eq '*'", "Gerät?=ä"],
)
def test_names_with_the_signs_of_the_query_language_and_of_urls_are_found_exactly(
    sign_in: SignIn, device: Callable[..., dict[str, Any]], name: str
) -> None:
    made = device(name=name)
    answer = sign_in().get(f"{LIST}?text={quote(name, safe='')}")
    assert answer.status_code == 200
    assert listed(answer) == [made["id"]]


def test_type_owner_availability_alarms_and_group_narrow_the_list(sign_in: SignIn, acme: Tenant) -> None:
    browser = sign_in()
    group = next(
        id
        for id, members in acme.inventory.children["childAssets"].items()
        if any("c8y_IsDevice" in acme.inventory.objects[m] for m in members)
    )
    members = {
        m
        for m in acme.inventory.children["childAssets"][group]
        if "c8y_IsDevice" in acme.inventory.objects[m]
    }
    owner = devices(acme)[5]["owner"]
    expected: list[tuple[dict[str, str], set[str]]] = [
        ({"type": "c8y_Pump"}, {d["id"] for d in devices(acme) if d["type"] == "c8y_Pump"}),
        ({"type": "*pump"}, {d["id"] for d in devices(acme) if d["type"] == "c8y_Pump"}),
        ({"owner": owner}, {d["id"] for d in devices(acme) if d["owner"] == owner}),
        (
            {"availability": "unavailable"},
            {d["id"] for d in devices(acme) if d.get("c8y_Availability", {}).get("status") == "UNAVAILABLE"},
        ),
        (
            {"availability": "maintenance"},
            {d["id"] for d in devices(acme) if d.get("c8y_Connection", {}).get("status") == "MAINTENANCE"},
        ),
        ({"availability": "unmonitored"}, {d["id"] for d in devices(acme) if "c8y_Availability" not in d}),
        (
            {"alarms": "major"},
            {
                d["id"]
                for d in devices(acme)
                if any(d.get("c8y_ActiveAlarmsStatus", {}).get(s, 0) for s in ("critical", "major"))
            },
        ),
        ({"group": group}, members),
        ({"group": acme.inventory.objects[group]["name"]}, members),
        ({"group": f"Whatever it was called #{group}"}, members),
    ]
    for filters, ids in expected:
        assert ids, filters
        assert set(listed(browser.get(LIST, {**filters, "size": "200"}))) == ids, filters


def test_filters_combine(sign_in: SignIn, acme: Tenant) -> None:
    answer = sign_in().get(
        LIST,
        {"text": "pump", "availability": "available", "q": "c8y_Hardware.revision eq 'A'", "size": "200"},
    )
    wanted = {
        d["id"]
        for d in devices(acme)
        if "pump" in (d["name"] + d["type"]).lower()
        and d.get("c8y_Availability", {}).get("status") == "AVAILABLE"
        and d["c8y_Hardware"]["revision"] == "A"
    }
    assert wanted
    assert set(listed(answer)) == wanted


def test_a_raw_query_may_come_with_its_clauses_and_never_leaves_the_devices(
    sign_in: SignIn, acme: Tenant
) -> None:
    browser = sign_in()
    answer = browser.get(
        LIST,
        {"q": "$filter=(type eq 'c8y_Pump' or has(c8y_IsDeviceGroup)) $orderby=name desc", "size": "200"},
    )
    names = [acme.inventory.objects[id]["name"] for id in listed(answer)]
    assert names == sorted((d["name"] for d in devices(acme) if d["type"] == "c8y_Pump"), reverse=True)
    resorted = browser.get(LIST, {"q": "type eq 'c8y_Pump' $orderby=name desc", "sort": "name"})
    names = [acme.inventory.objects[id]["name"] for id in listed(resorted)]
    assert names == sorted(names)


def test_a_wrong_raw_query_shows_the_tenants_words_beside_the_field_and_keeps_everything(
    sign_in: SignIn,
) -> None:
    answer = sign_in().get(LIST, {"q": "type is 'x'", "text": "pump", "group": "1234"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Acme says: Invalid query: expected eq, gt, ge, lt or le after" in words(answer)
    assert re.search(r'id="id_q_errors".*Invalid query', page, re.DOTALL)
    assert 'value="type is &#x27;x&#x27;"' in page or 'value="type is &#39;x&#39;"' in page
    assert 'value="pump"' in page
    assert 'value="1234"' in page
    assert listed(answer) == []


@pytest.mark.parametrize(
    "query", ["type eq 'x", "(type eq 'x'", "type eq 'x') or (name eq '*'", "$orderby=name sideways"]
)
def test_a_query_that_is_not_closed_is_refused_without_a_call(
    sign_in: SignIn, calls: Callable[..., Fault], query: str
) -> None:
    browser = sign_in()
    counted = calls()
    answer = browser.get(LIST, {"q": query})
    assert answer.status_code == 422
    assert "The query " in words(answer) or "is no sort key" in words(answer)
    assert counted.hits == 0


def test_an_unknown_group_is_said_beside_its_field_and_never_means_all(sign_in: SignIn) -> None:
    answer = sign_in().get(LIST, {"group": "No such group"})
    assert answer.status_code == 422
    assert "No group is called “No such group”." in words(answer)
    assert listed(answer) == []


@pytest.mark.parametrize("page", ["-1", "0", "abc", "9" * 30])
def test_a_page_that_is_no_page_number_is_a_400_in_place(sign_in: SignIn, page: str) -> None:
    answer = sign_in().get(LIST, {"page": page, "type": "c8y_Pump"})
    assert answer.status_code == 400
    assert "There is no such page" in words(answer)
    assert 'href="?type=c8y_Pump"' in answer.content.decode()


def test_beyond_the_end_is_a_404_that_leads_to_the_last_page(sign_in: SignIn) -> None:
    browser = sign_in()
    answer = browser.get(LIST, {"page": "99"})
    assert answer.status_code == 404
    assert "Page 99 is beyond the end" in words(answer)
    assert 'href="?page=3"' in answer.content.decode()
    assert len(listed(browser.get(f"{LIST}?page=3"))) == 10


@pytest.mark.parametrize("filters", [{"sort": "nonsense"}, {"size": "1000000"}, {"availability": "sunny"}])
def test_values_that_no_control_offers_are_refused_in_words(sign_in: SignIn, filters: dict[str, str]) -> None:
    answer = sign_in().get(LIST, filters)
    assert answer.status_code == 422
    assert next(iter(filters.values())) in words(answer)


def test_a_filter_of_ten_thousand_characters_is_refused_quickly(sign_in: SignIn) -> None:
    browser = sign_in()
    assert browser.get(LIST, {"text": "a*" * 5000}).status_code == 422
    assert browser.get(LIST, {"q": "'" * 5001}).status_code == 422
    assert browser.get(LIST, {"text": "a*" * 100}).status_code == 200


def test_filters_appear_as_chips_that_take_them_off(sign_in: SignIn) -> None:
    page = (
        sign_in()
        .get(LIST, {"type": "c8y_Pump", "availability": "available", "sort": "name"})
        .content.decode()
    )
    assert 'href="?availability=available&amp;sort=name"' in page
    assert 'aria-label="Remove filter Type"' in page
    assert "Available" in page


def test_no_match_offers_to_clear_the_filters(sign_in: SignIn) -> None:
    answer = sign_in().get(LIST, {"text": "no such thing anywhere"})
    assert answer.status_code == 200
    assert "No devices match" in words(answer)
    assert "Clear all filters" in words(answer)


def test_an_empty_tenant_says_how_devices_come(sign_in: SignIn, acme: Tenant) -> None:
    browser = sign_in()
    for found in devices(acme):
        acme.delete_object(found["id"])
    answer = browser.get(LIST)
    assert "No devices yet" in words(answer)
    assert 'href="/t/acme/onboarding/"' in answer.content.decode()


def test_each_row_tells_the_keyboard_where_it_leads(sign_in: SignIn, acme: Tenant) -> None:
    answer = sign_in().get(LIST)
    links = re.findall(r'<a data-row-link href="([^"]*)"', answer.content.decode())
    assert links == [f"{LIST}{id}/" for id in listed(answer)]


def test_htmx_gets_the_list_alone_and_an_address_without_empty_filters(sign_in: SignIn) -> None:
    answer = sign_in().get(
        LIST, {"text": "pump", "type": "", "group": "", "sort": "", "page": ""}, headers=HTMX
    )
    page = answer.content.decode()
    assert page.lstrip().startswith('<section id="devices"')
    assert "<html" not in page
    assert answer["HX-Push-Url"] == f"{LIST}?text=pump"


def test_a_refused_filter_replaces_the_list_in_place_for_htmx(sign_in: SignIn) -> None:
    answer = sign_in().get(LIST, {"page": "99"}, headers=HTMX)
    assert answer.status_code == 404
    assert answer["HX-Retarget"] == "#devices"


def test_rows_can_be_selected_for_jobs_with_the_filter_as_their_scope(sign_in: SignIn) -> None:
    page = sign_in().get(LIST, {"type": "c8y_Pump", "sort": "name", "size": "25"}).content.decode()
    assert 'action="/t/acme/jobs/new/"' in page
    assert 'name="target" value="devices"' in page
    assert 'name="filter" value="type=c8y_Pump"' in page
    assert 'name="action" value="inventory.set"' in page


def test_group_names_are_suggested_while_one_types(
    sign_in: SignIn, acme: Tenant, calls: Callable[..., Fault]
) -> None:
    browser = sign_in()
    counted = calls()
    answer = browser.get(
        f"{LIST}groups/", {"group": "hall 1"}, headers={"HX-Request": "true", "HX-Target": "group_names"}
    )
    assert counted.hits == 1
    options = re.findall(r'<option value="([^"]*)"', answer.content.decode())
    hall = next(g for g in acme.inventory.objects.values() if g.get("name", "").endswith("hall 1"))
    assert f"{hall['name']} #{hall['id']}" in options
    assert all("hall 1" in option for option in options)


def test_a_user_with_rights_on_one_group_sees_its_devices_without_an_invented_total(sign_in: SignIn) -> None:
    answer = sign_in("restricted").get(LIST)
    assert answer.status_code == 200
    assert listed(answer)
    assert not re.search(r"of 60\b", words(answer))


def test_the_tenants_failure_is_shown_and_not_hidden(sign_in: SignIn, sandbox: Sandbox) -> None:
    browser = sign_in()
    sandbox.faults.add("/inventory/*", status=500, message="Mongo is on holiday")
    answer = browser.get(LIST)
    assert answer.status_code == 502
    assert "Mongo is on holiday" in words(answer)
