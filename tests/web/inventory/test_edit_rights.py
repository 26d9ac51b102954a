"""Who may save what, and how it is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from sdk.sandbox.store.tenant import Tenant
from tests.web.inventory.forms import editor_of, form_in
from tests.web.words import words

SignIn = Callable[..., Client]


def test_a_reader_can_look_and_a_forced_save_shows_the_tenants_refusal(
    sign_in: SignIn, probe: dict[str, Any], acme: Tenant
) -> None:
    browser = sign_in("reader")
    answer = browser.get(editor_of(probe))
    assert "Needs ROLE_INVENTORY_ADMIN" in words(answer)
    assert 'value="save"' not in answer.content.decode()
    forced = browser.post(editor_of(probe), form_in(answer) | {"name": "Mine", "step": "save"})
    assert forced.status_code == 403
    assert "Acme does not permit this." in words(forced)
    assert "Access is denied" in words(forced)
    assert form_in(forced)["name"] == "Mine"
    assert acme.inventory.objects[probe["id"]]["name"] == "Probe"


@pytest.fixture
def guarded(settings: Any) -> None:
    settings.TENANTS = [{**settings.TENANTS[0], "access": "guarded"}]


@pytest.mark.usefixtures("guarded")
def test_a_guarded_tenant_wants_its_name_typed_before_anything_is_saved(
    sign_in: SignIn, probe: dict[str, Any], acme: Tenant
) -> None:
    browser = sign_in()
    form = form_in(browser.get(editor_of(probe))) | {"name": "Mine"}
    asked = browser.post(editor_of(probe), form | {"step": "save"})
    assert asked.status_code == 422
    assert "Type “Acme” to save this to a guarded tenant." in words(asked)
    assert "1 change to save" in words(asked)
    assert acme.inventory.objects[probe["id"]]["name"] == "Probe"
    assert browser.post(editor_of(probe), form | {"step": "save", "confirm": "Acme"}).status_code == 302
    assert acme.inventory.objects[probe["id"]]["name"] == "Mine"


def test_a_read_only_connection_says_so_and_sends_nothing(
    sign_in: SignIn, probe: dict[str, Any], acme: Tenant, settings: Any
) -> None:
    browser = sign_in()
    form = form_in(browser.get(editor_of(probe))) | {"name": "Mine"}
    settings.TENANTS = [{**settings.TENANTS[0], "access": "read-only"}]
    assert "Acme is connected read-only." in words(browser.get(editor_of(probe)))
    assert browser.post(editor_of(probe), form | {"step": "save"}).status_code == 403
    assert acme.inventory.objects[probe["id"]]["name"] == "Probe"


def test_rights_on_one_group_are_enough_to_edit_its_devices_and_no_others(
    sign_in: SignIn, acme: Tenant
) -> None:
    browser = sign_in("restricted")
    group = str(acme.assignments["restricted"][1]["managedObject"])
    member = acme.inventory.objects[next(iter(acme.inventory.children["childAssets"][group]))]
    form = form_in(browser.get(editor_of(member))) | {"name": "Mine"}
    assert browser.post(editor_of(member), form | {"step": "save"}).status_code == 302
    assert acme.inventory.objects[member["id"]]["name"] == "Mine"
    inside = acme.inventory.children["childAssets"][group]
    outside = next(
        d for d in acme.inventory.objects.values() if "c8y_IsDevice" in d and d["id"] not in inside
    )
    assert browser.get(editor_of(outside)).status_code == 403
