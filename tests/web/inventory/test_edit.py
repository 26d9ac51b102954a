"""The editor: what is sent, what is refused, and that nobody's work is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from sdk.sandbox import Sandbox
from sdk.sandbox.faults import Fault
from sdk.sandbox.store.tenant import Tenant
from tests.web.inventory.forms import editor_of, form_in, fragments
from tests.web.words import words

SignIn = Callable[..., Client]
PutDevice = Callable[..., dict[str, Any]]
HTMX = {"HX-Request": "true", "HX-Target": "edit"}


def test_the_editor_shows_what_may_be_changed_and_nothing_else(
    sign_in: SignIn, probe: dict[str, Any]
) -> None:
    form = form_in(sign_in().get(editor_of(probe)))
    assert (form["name"], form["type"], form["owner"]) == ("Probe", "t_Probe", "admin")
    assert json.loads(form["fragments"]) == {
        "c8y_IsDevice": {},
        "c8y_Hardware": {"model": "A", "revision": "1"},
        "t_Old": [1, 2],
        "t_Same": {"x": 1.5},
    }


def test_review_shows_path_before_and_after_and_saves_nothing(
    sign_in: SignIn, probe: dict[str, Any], calls: Callable[..., Fault]
) -> None:
    browser = sign_in()
    form = fragments(
        form_in(browser.get(editor_of(probe))),
        c8y_Hardware={"model": "B", "revision": "1"},
        t_Old=None,
        t_New="x",
    )
    counted = calls()
    answer = browser.post(editor_of(probe), form | {"name": "Renamed", "step": "review"})
    assert answer.status_code == 200
    text = words(answer)
    for row in (
        "4 changes to save",
        "name Probe Renamed",
        "c8y_Hardware.model A B",
        "t_Old [1, 2] removed",
        't_New absent "x"',
    ):
        assert row in text
    assert counted.hits == 0
    assert probe["name"] == "Probe"
    assert form_in(answer)["name"] == "Renamed"


def test_save_sends_only_what_changed_and_removes_what_was_taken_out(
    sign_in: SignIn, probe: dict[str, Any], acme: Tenant, calls: Callable[..., Fault]
) -> None:
    browser = sign_in()
    form = fragments(
        form_in(browser.get(editor_of(probe))),
        c8y_Hardware={"model": "B", "revision": "1"},
        t_Old=None,
        t_New={"deep": [1]},
    )
    counted, before = calls(), set(acme.audits)
    answer = browser.post(editor_of(probe), form | {"name": "Renamed", "step": "save"})
    assert answer.status_code == 302
    assert counted.hits == 2
    stored = acme.inventory.objects[probe["id"]]
    assert stored["name"] == "Renamed"
    assert stored["c8y_Hardware"] == {"model": "B", "revision": "1"}
    assert stored["t_New"] == {"deep": [1]}
    assert "t_Old" not in stored
    changed = {
        change["attribute"]
        for id, record in acme.audits.items()
        if id not in before
        for change in record["changes"]
    }
    assert changed == {"name", "c8y_Hardware", "t_Old", "t_New"}
    assert "Saved 4 changes." in words(browser.get(answer["Location"]))


def test_nothing_changed_means_nothing_sent_and_says_so(
    sign_in: SignIn, probe: dict[str, Any], calls: Callable[..., Fault]
) -> None:
    browser = sign_in()
    form = form_in(browser.get(editor_of(probe)))
    counted = calls()
    reviewed = browser.post(editor_of(probe), form | {"step": "review"})
    assert "You have changed nothing" in words(reviewed)
    answer = browser.post(editor_of(probe), form | {"step": "save"})
    assert counted.hits == 0
    assert answer.status_code == 302
    assert "Nothing was changed, so nothing was sent." in words(browser.get(answer["Location"]))


def test_invalid_json_is_said_with_line_and_column_and_the_text_is_kept(
    sign_in: SignIn, probe: dict[str, Any]
) -> None:
    browser = sign_in()
    form = form_in(browser.get(editor_of(probe)))
    text = '{\r\n  "a": 1\r\n  "b": "<script>alert(1)</script>"\r\n}'
    answer = browser.post(editor_of(probe), form | {"name": "Mine", "fragments": text, "step": "save"})
    assert answer.status_code == 422
    assert "Line 3, column 3: a comma or a closing bracket is missing before this place." in words(answer)
    kept = form_in(answer)
    assert (kept["fragments"].replace("\n", "\r\n").replace("\r\r", "\r"), kept["name"]) == (text, "Mine")
    assert "<script>alert" not in answer.content.decode()


@pytest.mark.parametrize(
    "key", ["id", "self", "creationTime", "lastUpdated", "childDevices", "c8y_Availability"]
)
def test_what_the_tenant_keeps_itself_cannot_be_edited(
    sign_in: SignIn, probe: dict[str, Any], key: str
) -> None:
    browser = sign_in()
    form = fragments(form_in(browser.get(editor_of(probe))), **{key: "x"})
    answer = browser.post(editor_of(probe), form | {"step": "save"})
    assert answer.status_code == 422
    assert f"“{key}” is kept by the tenant and cannot be changed here." in words(answer)


def test_the_name_has_one_place_only(sign_in: SignIn, probe: dict[str, Any]) -> None:
    browser = sign_in()
    form = fragments(form_in(browser.get(editor_of(probe))), name="Other")
    answer = browser.post(editor_of(probe), form | {"step": "save"})
    assert answer.status_code == 422
    assert "“name” has its own field above." in words(answer)


def test_a_change_by_somebody_else_is_never_overwritten(
    sign_in: SignIn, probe: dict[str, Any], acme: Tenant
) -> None:
    browser = sign_in()
    form = fragments(form_in(browser.get(editor_of(probe))), c8y_Hardware={"model": "MINE", "revision": "1"})
    acme.inventory.update(probe["id"], {"c8y_Hardware": {"model": "A", "revision": "THEIRS"}, "t_Old": None})
    answer = browser.post(editor_of(probe), form | {"step": "save"})
    assert answer.status_code == 409
    text = words(answer)
    assert "Somebody changed this object meanwhile" in text
    assert "changed by both" in text
    for version in (
        '{ "model": "A", "revision": "1" }',
        '{ "model": "MINE", "revision": "1" }',
        '{ "model": "A", "revision": "THEIRS" }',
    ):
        assert version in text
    assert "t_Old" in text
    assert acme.inventory.objects[probe["id"]]["c8y_Hardware"] == {"model": "A", "revision": "THEIRS"}
    assert "MINE" in form_in(answer)["fragments"]


def test_my_changes_can_be_put_on_top_of_theirs(sign_in: SignIn, probe: dict[str, Any], acme: Tenant) -> None:
    browser = sign_in()
    form = fragments(form_in(browser.get(editor_of(probe))), c8y_Hardware={"model": "MINE", "revision": "1"})
    acme.inventory.update(probe["id"], {"c8y_Hardware": {"model": "A", "revision": "THEIRS"}, "t_Old": None})
    conflict = browser.post(editor_of(probe), form | {"step": "save"})
    rebased = browser.post(editor_of(probe), form_in(conflict) | {"step": "rebase"})
    assert rebased.status_code == 200
    assert "1 change to save Path Before After c8y_Hardware.model A MINE" in words(rebased)
    assert browser.post(editor_of(probe), form_in(rebased) | {"step": "save"}).status_code == 302
    stored = acme.inventory.objects[probe["id"]]
    assert stored["c8y_Hardware"] == {"model": "MINE", "revision": "THEIRS"}
    assert "t_Old" not in stored


def test_their_version_can_be_taken_by_opening_the_editor_anew(
    sign_in: SignIn, probe: dict[str, Any], acme: Tenant
) -> None:
    browser = sign_in()
    form = form_in(browser.get(editor_of(probe))) | {"name": "Mine"}
    acme.inventory.update(probe["id"], {"name": "Theirs"})
    conflict = browser.post(editor_of(probe), form | {"step": "save"})
    assert f'href="{editor_of(probe)}"' in conflict.content.decode()
    assert form_in(browser.get(editor_of(probe)))["name"] == "Theirs"


def test_the_same_change_by_somebody_else_is_no_conflict_and_is_not_sent_again(
    sign_in: SignIn, probe: dict[str, Any], acme: Tenant, calls: Callable[..., Fault]
) -> None:
    browser = sign_in()
    form = form_in(browser.get(editor_of(probe))) | {"name": "Agreed"}
    acme.inventory.update(probe["id"], {"name": "Agreed"})
    counted = calls()
    saved = browser.post(editor_of(probe), form | {"step": "save"})
    assert counted.hits == 1
    assert "Somebody made the same change meanwhile" in words(browser.get(saved["Location"]))


def test_a_heartbeat_meanwhile_is_no_conflict(sign_in: SignIn, probe: dict[str, Any], acme: Tenant) -> None:
    browser = sign_in()
    form = form_in(browser.get(editor_of(probe))) | {"name": "Mine"}
    heard = {"status": "AVAILABLE", "lastMessage": "2026-02-02T00:00:00.000Z"}
    acme.inventory.update(probe["id"], {"c8y_Availability": heard, "lastUpdated": "2026-02-02T00:00:00.000Z"})
    assert browser.post(editor_of(probe), form | {"step": "save"}).status_code == 302
    assert acme.inventory.objects[probe["id"]]["name"] == "Mine"


def test_what_the_tenant_refuses_is_shown_in_its_words_and_nothing_typed_is_lost(
    sign_in: SignIn, probe: dict[str, Any], acme: Tenant
) -> None:
    browser = sign_in()
    form = fragments(form_in(browser.get(editor_of(probe))), **{"not a name": 1})
    answer = browser.post(editor_of(probe), form | {"step": "save"})
    assert answer.status_code == 422
    assert "Acme did not accept this request." in words(answer)
    assert "“'not a name' is not a valid fragment name" in words(answer)
    assert "not a name" in form_in(answer)["fragments"]


@pytest.mark.parametrize(("fault", "status"), [({"status": 503}, 502), ({"cut": "after"}, 502)])
def test_a_failing_tenant_loses_nothing_that_was_typed(
    sign_in: SignIn, probe: dict[str, Any], sandbox: Sandbox, fault: dict[str, Any], status: int
) -> None:
    browser = sign_in()
    form = form_in(browser.get(editor_of(probe))) | {"name": "Mine"}
    sandbox.faults.add("/inventory/*", method="PUT", **fault)
    answer = browser.post(editor_of(probe), form | {"step": "save"})
    assert answer.status_code == status
    assert "It is not known whether the change arrived" in words(answer)
    assert form_in(answer)["name"] == "Mine"


def test_an_object_deleted_meanwhile_is_said_and_the_text_stays(
    sign_in: SignIn, probe: dict[str, Any], acme: Tenant
) -> None:
    browser = sign_in()
    form = form_in(browser.get(editor_of(probe))) | {"name": "Mine"}
    acme.delete_object(probe["id"])
    answer = browser.post(editor_of(probe), form | {"step": "save"})
    assert answer.status_code == 404
    assert form_in(answer)["name"] == "Mine"
    assert browser.get(editor_of(probe)).status_code == 404


def test_an_object_too_large_for_a_form_says_so_before_one_types(sign_in: SignIn, device: PutDevice) -> None:
    browser = sign_in()
    answer = browser.get(editor_of(device(t_Large="x" * 600_000)))
    assert "This object is too large to be edited as a whole." in words(answer)
    assert 'value="save"' not in answer.content.decode()
    most = editor_of(device(t_Large='"{' * 132_000))
    body = urlencode(form_in(browser.get(most)) | {"step": "review"})
    sent = browser.post(most, body, content_type="application/x-www-form-urlencoded")
    assert sent.status_code == 200


def test_a_damaged_form_is_refused(sign_in: SignIn, probe: dict[str, Any]) -> None:
    browser = sign_in()
    answer = browser.post(
        editor_of(probe), {"name": "x", "fragments": "{}", "original": "{broken", "step": "save"}
    )
    assert answer.status_code == 422
    assert "This form was damaged on its way. Open it anew." in words(answer)


def test_htmx_swaps_the_editor_and_leaves_by_a_redirect(
    sign_in: SignIn, probe: dict[str, Any], acme: Tenant
) -> None:
    browser = sign_in()
    form = form_in(browser.get(editor_of(probe))) | {"name": "Mine"}
    reviewed = browser.post(editor_of(probe), form | {"step": "review"}, headers=HTMX)
    assert reviewed.content.decode().lstrip().startswith('<form id="edit"')
    saved = browser.post(editor_of(probe), form | {"step": "save"}, headers=HTMX)
    assert saved["HX-Redirect"] == f"/t/acme/devices/{probe['id']}/"
    acme.inventory.update(probe["id"], {"name": "Theirs"})
    conflict = browser.post(editor_of(probe), form | {"step": "save"}, headers=HTMX)
    assert (conflict.status_code, conflict["HX-Retarget"]) == (409, "#edit")


def test_an_expired_sign_in_in_the_middle_of_an_edit_loses_nothing(
    sign_in: SignIn, probe: dict[str, Any], sandbox: Sandbox, acme: Tenant
) -> None:
    browser = sign_in()
    form = form_in(browser.get(editor_of(probe))) | {"name": "Mine", "step": "save"}
    sandbox.faults.add("/inventory/*", status=401, times=1)
    answer = browser.post(editor_of(probe), form, headers=HTMX)
    assert answer.status_code == 401
    assert answer.headers.get("HX-Retarget") != "#edit"
    sign_in(browser=browser)
    assert "HX-Redirect" in browser.post(editor_of(probe), form, headers=HTMX)
    assert acme.inventory.objects[probe["id"]]["name"] == "Mine"


@pytest.mark.parametrize("name", ["two\nlines", "tab\there", " spaces ", "x" * 3000, ""])
def test_a_name_that_an_input_cannot_show_as_it_is_counts_as_unchanged(
    sign_in: SignIn, device: PutDevice, calls: Callable[..., Fault], name: str
) -> None:
    browser, made = sign_in(), device(name=name)
    form = form_in(browser.get(editor_of(made)))
    as_sent = form | {"name": form["name"].replace("\n", "")}
    counted = calls()
    browser.post(editor_of(made), as_sent | {"step": "save"})
    assert counted.hits == 0
