"""Merging into fragments, and renaming."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from c8yadmin.jobs.models import Job
from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.actions.conftest import Bulk, reasons
from tests.web.words import words

At = Callable[..., Bulk]
Devices = dict[str, dict[str, Any]]


def test_merged_keys_change_and_the_others_stay(bulk: At, devices: Devices) -> None:
    one, other, *_ = devices
    devices[one]["c8y_Site"] = {"hall": 1, "floor": 2, "old": True}
    devices[other].pop("c8y_Site", None)
    browser = bulk("devices")
    job = browser.prepare(
        "inventory.merge",
        [one, other],
        typed={"fragment": "c8y_Site", "value": '{"floor": 3, "old": null, "place": {"x": 1}}'},
    )
    shown = words(browser.page(job))
    assert "c8y_Site.floor 2 3" in shown
    assert "c8y_Site.hall" not in shown
    devices[one]["c8y_Site"]["hall"] = 9  # somebody else, after the preview
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 2, "ok": 2}
    assert devices[one]["c8y_Site"] == {"hall": 9, "floor": 3, "place": {"x": 1}}
    assert devices[other]["c8y_Site"] == {"floor": 3, "place": {"x": 1}}


def test_what_holds_the_values_already_or_is_no_object_is_skipped_in_words(
    bulk: At, devices: Devices
) -> None:
    one, other, third, *_ = devices
    devices[one]["c8y_Site"] = {"hall": 1, "floor": 2}
    devices[other]["c8y_Site"] = "hall 1"
    browser = bulk("devices")
    typed = {"fragment": "c8y_Site", "value": '{"hall": 1}'}
    job = browser.prepare("inventory.merge", [one, other], typed=typed)
    assert "no JSON object, so nothing can be merged" in words(browser.page(job))
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 2, "skipped": 2}
    assert reasons() == {
        "It holds these values already.",
        "Its c8y_Site is no JSON object, so nothing can be merged into it.",
    }
    assert devices[other]["c8y_Site"] == "hall 1"
    taken_out = {"fragment": "c8y_None", "value": '{"x": null}'}
    assert browser.run("inventory.merge", [third], typed=taken_out)["skipped"] == 1
    assert "c8y_None" not in devices[third]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"value": "[1]"}, "takes a JSON object"),
        ({"value": "{}"}, "takes a JSON object"),
        ({"value": "{"}, "Line 1, column 2"),
        ({"fragment": "name"}, "is a text"),
        ({"fragment": "c8y_Availability"}, "kept by the tenant"),
        ({"fragment": "owner"}, "The owner decides"),
        ({"fragment": "c8y_Site.hall"}, "holds no blank and none of . , * [ ] ( ) @ $"),
        ({"fragment": "my site"}, "holds no blank and none of . , * [ ] ( ) @ $"),
    ],
)
def test_what_cannot_be_merged_is_refused_beside_its_field(
    bulk: At, devices: Devices, typed: dict[str, str], why: str
) -> None:
    given = {"fragment": "c8y_Site", "value": '{"hall": 1}'} | typed
    answer = bulk("devices").send("inventory.merge", list(devices)[:1], typed=given)
    assert answer.status_code == 422
    assert why in words(answer)
    assert not Job.objects.exists()


def test_names_follow_a_pattern(bulk: At, devices: Devices) -> None:
    one, other, third, *_ = devices
    devices[one].update(name="old", type="c8y_Pump", c8y_Hardware={"serialNumber": "S-1", "model": "M9"})
    devices[other].update(name="older", c8y_Hardware={"serialNumber": "S-2", "model": {"x": 1}})
    devices[third].pop("c8y_Hardware", None)
    browser = bulk("devices")
    pattern = "{serial} ({c8y_Hardware.model}) #{id}"
    job = browser.prepare("inventory.rename", [one, other, third], typed={"pattern": pattern})
    shown = words(browser.page(job))
    assert f"name old S-1 (M9) #{one}" in shown
    assert "It has no serial." in shown
    assert "Its c8y_Hardware.model is no single value." in shown
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 3, "ok": 1, "skipped": 2}
    assert devices[one]["name"] == f"S-1 (M9) #{one}"
    assert devices[other]["name"] == "older"


def test_a_pattern_without_a_placeholder_is_told_to_name_all_devices_alike(
    bulk: At, devices: Devices
) -> None:
    browser, ids, told = bulk("devices"), list(devices)[:3], "the same name"
    job = browser.prepare("inventory.rename", ids, typed={"pattern": "Pump", "find": "P", "replace": "J"})
    assert "All 3 get the same name, “Jump”: the pattern has no placeholder." in words(browser.page(job))
    for n, pattern in ((1, "Pump"), (3, "Pump {id}")):
        job = browser.prepare("inventory.rename", ids[:n], typed={"pattern": pattern})
        assert told not in words(browser.page(job))


def test_a_text_is_replaced_in_names_and_an_empty_name_never_results(bulk: At, devices: Devices) -> None:
    one, other, third, *_ = devices
    devices[one]["name"], devices[other]["name"], devices[third]["name"] = "Hall-1 (x)", " -1 ", "Hall 2"
    typed = {"pattern": "{name}", "find": "-1", "replace": ""}
    assert bulk("devices").run("inventory.rename", [one, other, third], typed=typed) == {
        "state": "COMPLETED",
        "total": 3,
        "ok": 1,
        "skipped": 2,
    }
    assert (devices[one]["name"], devices[other]["name"]) == ("Hall (x)", " -1 ")
    assert reasons() == {"Its new name would be empty.", "It has this name already."}


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"pattern": "{nmae}"}, "There is no placeholder {nmae}"),
        ({"pattern": "{}"}, "There is no placeholder {}"),
        ({"pattern": "{serial"}, "There is a { too many, or its other brace is missing: write {serial}."),
        ({"pattern": "{name} serial}"}, "There is a } too many"),
        ({"pattern": "{{serial}}"}, "There is a { too many"),
        ({"pattern": "a\u202eb"}, "visible characters only"),
        ({"pattern": "{name}"}, "All names would stay"),
        ({"pattern": "", "replace": "x"}, "which text shall be replaced"),
    ],
)
def test_a_pattern_that_cannot_be_meant_is_refused(
    bulk: At, devices: Devices, typed: dict[str, str], why: str
) -> None:
    answer = bulk("devices").send("inventory.rename", list(devices)[:1], typed=typed)
    assert answer.status_code == 422
    assert why in words(answer)


def test_a_rename_whose_answer_was_lost_counts_as_done(
    bulk: At, devices: Devices, sandbox: Sandbox, acme: Tenant
) -> None:
    browser = bulk("devices")
    ids = list(devices)[:6]
    job = browser.prepare("inventory.rename", ids, typed={"pattern": "D {id}"})
    lost = sandbox.faults.add("/inventory/managedObjects/*", method="PUT", cut="after", times=3)
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 6, "ok": 6}
    assert lost.hits == 3
    assert [devices[id]["name"] for id in ids] == [f"D {id}" for id in ids]
