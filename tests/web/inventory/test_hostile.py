"""Devices write whatever they like; no page may let them speak for the console."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from sdk.sandbox.store.tenant import Tenant
from tests.web.inventory.forms import form_in
from tests.web.words import words

SignIn = Callable[..., Client]
PutDevice = Callable[..., dict[str, Any]]
TABS = ("summary", "json", "alarms", "operations", "children", "identity")
NAMES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    'x" hx-get="/jobs/new" hx-trigger="load',
    "'; DROP TABLE devices; --",
    "javascript:alert(1)",
    "{{7*7}}{% load x %}",
    "</textarea></script><svg onload=alert(1)>",
    "invoice\u202egnp.exe",
    "\u05d0\u05d1\u05d2 " * 750,
    "z" + "\u0301" * 10_000,
    "\ufffe\x01\x07",
]
KEYS = ["__proto__", "constructor", "hasOwnProperty", "a.b", "", "with space", 'quo"te', "'<b>"]


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_only_ever_text(sign_in: SignIn, device: PutDevice, name: str) -> None:
    browser = sign_in()
    made = device(name=name, type=name, c8y_Hardware={"model": name}, t_Text=name, t_Url={"url": name})
    address = f"/t/acme/devices/{made['id']}/"
    pages = ["/t/acme/devices/?size=200", f"{address}edit/", *(f"{address}?tab={tab}" for tab in TABS)]
    for page in pages:
        answer = browser.get(page)
        assert answer.status_code == 200, page
        source = answer.content.decode()
        for active in (
            "<script>alert",
            "<img src=x",
            '" hx-get="/jobs/new"',
            "<svg onload",
            'href="javascript:',
        ):
            assert active not in source, page
        assert "49{%" not in source


def test_a_long_name_is_cut_in_the_list_and_a_turned_one_shows_the_character(
    sign_in: SignIn, device: PutDevice
) -> None:
    device(name="\u05d0" * 3000)
    device(name="invoice\u202egnp.exe")
    text = words(sign_in().get("/t/acme/devices/?size=100"))
    assert "\u05d0" * 201 not in text
    assert "U+202E" in text
    assert "\u202e" not in text


@pytest.mark.parametrize("key", KEYS)
def test_a_strange_key_is_shown_and_survives_an_edit_of_its_neighbour(
    sign_in: SignIn, device: PutDevice, acme: Tenant, key: str
) -> None:
    browser, made = sign_in(), device(**{key: {"inner": 1}, "a": {"b": 1}})
    address = f"/t/acme/devices/{made['id']}/"
    assert (key or "(empty key)") in words(browser.get(address))
    form = form_in(browser.get(f"{address}edit/"))
    assert json.loads(form["fragments"])[key] == {"inner": 1}
    saved = browser.post(f"{address}edit/", form | {"name": "Renamed", "step": "save"})
    assert saved.status_code == 302
    stored = acme.inventory.objects[made["id"]]
    assert (stored["name"], stored[key], stored["a"]) == ("Renamed", {"inner": 1}, {"b": 1})


@pytest.mark.parametrize("key", KEYS)
def test_a_strange_key_within_a_fragment_can_be_changed_without_hitting_another(
    sign_in: SignIn, device: PutDevice, acme: Tenant, key: str
) -> None:
    browser, made = sign_in(), device(t_X={key: 1, "a": {"b": 1}})
    address = f"/t/acme/devices/{made['id']}/edit/"
    form = form_in(browser.get(address))
    changed = json.loads(form["fragments"]) | {"t_X": {key: 2, "a": {"b": 1}}}
    answer = browser.post(address, form | {"fragments": json.dumps(changed), "step": "save"})
    assert answer.status_code == 302
    assert acme.inventory.objects[made["id"]]["t_X"] == {key: 2, "a": {"b": 1}}


@pytest.mark.undescribed("tenants keep what devices store in fragments, of whatever shape")
@pytest.mark.parametrize(
    "value", ["text", 7, [1], None, True, {"status": {"x": 1}}, {"lat": "north", "lng": [1]}]
)
def test_known_fragments_of_an_unexpected_shape_break_nothing(
    sign_in: SignIn, device: PutDevice, value: Any
) -> None:
    known = (
        "c8y_Hardware c8y_Firmware c8y_Agent c8y_Mobile c8y_Position c8y_Availability c8y_Connection "
        "c8y_Address c8y_RequiredAvailability c8y_ActiveAlarmsStatus c8y_SupportedOperations c8y_SoftwareList"
    )
    browser, made = sign_in(), device(**dict.fromkeys(known.split(), value))
    address = f"/t/acme/devices/{made['id']}/"
    for page in ("/t/acme/devices/?size=200", f"{address}edit/", *(f"{address}?tab={tab}" for tab in TABS)):
        assert browser.get(page).status_code == 200, page


def test_an_id_in_a_fragment_of_the_devices_own_is_no_link(sign_in: SignIn, device: PutDevice) -> None:
    reference = {"references": [{"managedObject": {"id": "../../users/"}}, {"managedObject": {"id": "4711"}}]}
    made = device(t_References=reference)
    page = sign_in().get(f"/t/acme/devices/{made['id']}/?tab=json").content.decode()
    assert 'href="/t/acme/devices/4711/"' not in page
    assert "users/&#34;" in page
