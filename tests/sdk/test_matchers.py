"""Conditions that are checked here: display filters, JMESPath and matchers of one's own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sdk import (
    Alarm,
    AllMatcher,
    AnyMatcher,
    CumulocityClient,
    FieldMatcher,
    FragmentMatcher,
    JmesPathMatcher,
    JsonMatcher,
    PydfMatcher,
    jmespath,
    jsonpath,
    matchers,
    pydf,
)
from sdk.model.display_filter import ExpressionError
from sdk.sandbox import Sandbox

DOCUMENT: dict[str, Any] = {
    "id": "007",
    "name": "Pump (north) 12",
    "creationTime": "2026-03-01T10:00:00.000+01:00",
    "c8y_IsDevice": {},
    "c8y_Hardware": {"model": "P-100", "revision": 7, "serialNumber": "1e5"},
    "c8y_SupportedOperations": ["c8y_Restart", "c8y_Command"],
    "literal.key": "here",
    "active": True,
    "gone": None,
    "mask": 6,
    "children": [{"name": "a", "level": 1}, {"name": "b", "level": 9}],
}


@pytest.mark.parametrize(
    "expression",
    [
        "name",
        "c8y_IsDevice",
        "c8y_Hardware.model",
        "literal.key == here",
        'name == "Pump (north) 12"',
        "name == 'Pump (north) 12'",
        r"c8y_Hardware.model == \x50-100",
        "id == 007",
        "id eq '007'",
        "c8y_Hardware.revision == 7",
        "c8y_Hardware.revision == 7.0",
        "c8y_Hardware.revision == 0x07",
        "c8y_Hardware.revision gt 6 && c8y_Hardware.revision < 8",
        "c8y_Hardware.revision >= 7 and c8y_Hardware.revision le 7",
        "c8y_Hardware.revision != 8",
        "active == true",
        "active != false",
        "gone == null",
        "not gone",
        "! missing",
        "not missing == 1",
        "not not name",
        "name contains Pump",
        'name ~= "(north)"',
        "c8y_SupportedOperations contains c8y_Restart",
        "c8y_Hardware contains model",
        "c8y_SupportedOperations == c8y_Command",
        r'name matches "^Pump \(\w+\) \d+$"',
        'name ~ "12$"',
        "mask & 0x02",
        "children.name == b",
        "children.level > 8",
        "creationTime > 2026-01-01",
        "creationTime == 2026-03-01T10:00:00.000+01:00",
        "creationTime <= 2026-03-01T09:00:00Z",
        "creationTime >= '2026-03-01T09:00:00Z'",
        "creationTime > 2025",
        'c8y_Hardware.model in {"P-50", "P-100"}',
        "c8y_Hardware.revision in {1, 5..9}",
        "creationTime in {2026-01-01..2026-12-31}",
        "lower(name) == 'pump (north) 12'",
        "upper(c8y_Hardware.model) == P-100",
        "len(name) == 15",
        "len(c8y_SupportedOperations) == 2",
        "name[0:4] == Pump",
        "name[:4] == Pump",
        "name[0-3] == Pump",
        "name[0] == P",
        "name[-1] == 2",
        "name[-2:] == 12",
        "name[:1,2-3] == Pmp",
        "missing or name",
        "name xor missing",
        "missing ^^ name",
        "(missing || name) && active",
        "missing and missing or name",
        "name or missing and missing",
    ],
)
def test_a_display_filter_finds_what_it_describes(expression: str) -> None:
    assert PydfMatcher(expression).matches(DOCUMENT)
    assert not PydfMatcher(f"not ({expression})").matches(DOCUMENT)


@pytest.mark.parametrize(
    "expression",
    [
        "missing",
        "gone",
        "missing == 1",
        "missing != 1",
        "c8y_Hardware.model.deeper",
        "id == 7",
        "c8y_Hardware.serialNumber == 100000",
        "c8y_Hardware.revision == '7a'",
        "active == 1",
        "active == 'true'",
        "mask & 1",
        "c8y_Hardware > 1",
        "active > 0",
        "name in {1..5}",
        "name contains pump",
        "len(active) == 4",
        "upper(mask) == X",
        "name xor active",
    ],
)
def test_a_display_filter_leaves_the_rest(expression: str) -> None:
    assert not pydf(expression).matches(DOCUMENT)


@pytest.mark.parametrize(
    ("expression", "position"),
    [
        ("", 1),
        ("   ", 1),
        ("name ==", 8),
        ("name == ", 8),
        ("name == 'open", 9),
        ("name =< 3", 6),
        ("name and", 9),
        ("name value", 6),
        ("(name", 6),
        ("name)", 5),
        ("name in 3", 9),
        ("name in {3", 11),
        ("name in {3..}", 10),
        ("name matches '('", 14),
        ("mask & 1.5", 8),
        ("name[x]", 6),
        ("name[0", 7),
        ("len(name", 9),
        ("== 3", 1),
        ("(" * 80 + "name" + ")" * 80, 52),
        ("len(" * 5000 + "name", 205),
    ],
)
def test_a_wrong_display_filter_is_refused_with_its_position(expression: str, position: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        pydf(expression)
    assert caught.value.position == position
    assert f"at position {position}" in str(caught.value)


def test_a_filter_runs_no_code() -> None:
    hostile = ["__import__('os').system('x')", "name.__class__", "{}.__class__"]
    assert not pydf("name.__class__").matches(DOCUMENT)
    for expression in (hostile[0], hostile[2]):
        with pytest.raises(ExpressionError):
            pydf(expression)


def test_jmespath_matches_by_its_own_truth() -> None:
    assert jmespath("children[?level > `8`]").matches(DOCUMENT)
    assert jmespath("c8y_Hardware.model == 'P-100'").matches(DOCUMENT)
    assert not jmespath("children[?level > `80`]").matches(DOCUMENT)
    assert not jmespath("missing").matches(DOCUMENT)
    assert not jmespath("abs(name)").safe_matches(DOCUMENT)
    with pytest.raises(ExpressionError) as caught:
        JmesPathMatcher("a[?b ==")
    assert caught.value.position > 1


def test_matchers_combine() -> None:
    pump, device = FieldMatcher("name", "Pump*"), FragmentMatcher("c8y_IsDevice")
    assert (pump & device).matches(DOCUMENT)
    assert (FragmentMatcher("x") | device).matches(DOCUMENT)
    assert not (~pump).matches(DOCUMENT)
    assert FieldMatcher("name", r"\d\d$", "REGEX").matches(DOCUMENT)
    assert not FieldMatcher("mask", "6").matches(DOCUMENT)
    assert repr(pump & ~device) == "AllMatcher('(name LIKE Pump*) and (not (c8y_IsDevice))')"
    with pytest.raises(ExpressionError):
        FieldMatcher("name", "(", "REGEX")
    absurd = jmespath("abs(name)")
    assert (absurd | device).safe_matches(DOCUMENT)
    assert not (absurd & device).safe_matches(DOCUMENT)


def test_a_text_among_combined_conditions_is_a_display_filter() -> None:
    assert AllMatcher("name contains Pump", FragmentMatcher("c8y_IsDevice")).matches(DOCUMENT)
    assert (FragmentMatcher("x") | "name contains Pump").matches(DOCUMENT)
    assert not matchers.match_not("name contains Pump").matches(DOCUMENT)
    with pytest.raises(ExpressionError):
        AnyMatcher("name contains")
    with pytest.raises(TypeError, match="not int"):
        matchers.match_any(5)  # type: ignore[arg-type]


def test_inclusion_comes_before_exclusion_and_the_limit_counts_what_is_left(c8y: CumulocityClient) -> None:
    everything = c8y.device_inventory.get_all(limit=None)
    pumps = [one for one in everything if one.type == "c8y_Pump"]
    wanted = [one.id for one in pumps if one.id != pumps[0].id]
    for size in (1, 7, None):
        found = c8y.device_inventory.get_all(
            include="type == c8y_Pump", exclude=f"id == '{pumps[0].id}'", limit=None, page_size=size
        )
        assert [one.id for one in found] == wanted
        few = c8y.device_inventory.select(
            include=pydf("type == c8y_Pump"), exclude=f"id == '{pumps[0].id}'", limit=2, page_size=size
        )
        assert [one.id for one in few] == wanted[:2]
    assert len(c8y.device_inventory.get_all(include="type == c8y_Pump")) == min(5, len(pumps))


def test_pages_without_a_match_do_not_end_a_list(c8y: CumulocityClient) -> None:
    last = c8y.device_inventory.get_all(limit=None)[-1]
    found = c8y.device_inventory.get_all(include=f"id == '{last.id}'", page_size=5, workers=1)
    assert [one.id for one in found] == [last.id]


def test_a_matcher_of_ones_own_sees_the_document_and_cannot_change_the_rows(c8y: CumulocityClient) -> None:
    class Greedy(JsonMatcher):
        def matches(self, json: Mapping[str, Any]) -> bool:
            kept = bool(json["name"])
            dict.clear(json)  # type: ignore[arg-type]
            return kept

    found = c8y.device_inventory.get_all(include=Greedy("has a name"), limit=3)
    assert all(one.name and one.id for one in found)
    assert len(found) == 3


def test_filtered_rows_come_as_values_too(c8y: CumulocityClient, sandbox: Sandbox) -> None:
    names = c8y.device_inventory.get_all(include="type == c8y_Pump", as_values="name", limit=None)
    pairs = c8y.device_inventory.get_all(
        include="type == c8y_Pump", as_values=["name", ("x_Nothing", "-")], limit=None
    )
    assert names
    assert pairs == [(name, "-") for name in names]


def test_every_collection_filters(connect: Callable[..., CumulocityClient]) -> None:
    c8y = connect()
    device = c8y.device_inventory.get_all(limit=1)[0]
    Alarm(c8y, type="x_A", source=device.id, text="hot", severity="MAJOR", time="now").create()
    Alarm(c8y, type="x_B", source=device.id, text="cold", severity="MINOR", time="now").create()
    found = c8y.alarms.get_all(source=device.id, include="text == hot", limit=None)
    assert [one.type for one in found] == ["x_A"]
    assert [one.name for one in c8y.user_groups.get_all(include="name == readers", limit=None)] == ["readers"]
    names = c8y.users.get_all(exclude=jmespath("userName == 'admin'"), limit=None, as_values="userName")
    assert "admin" not in names
    assert "reader" in names


def test_a_filter_that_is_none_is_refused_before_anything_is_sent(
    c8y: CumulocityClient, calls: list[str]
) -> None:
    with pytest.raises(ExpressionError):
        c8y.device_inventory.get_all(include="name ==")
    with pytest.raises(TypeError, match="int"):
        c8y.device_inventory.get_all(exclude=3)  # type: ignore[arg-type]
    assert calls == []


def test_jsonpath_matches_where_it_finds_something() -> None:
    assert jsonpath("$.c8y_Hardware.model").matches(DOCUMENT)
    assert jsonpath("$.children[?(@.level > 8)]").matches(DOCUMENT)
    assert not jsonpath("$.children[?(@.level > 80)]").matches(DOCUMENT)
    assert not jsonpath("$.missing").matches(DOCUMENT)
    with pytest.raises(ExpressionError, match="JSONPath"):
        jsonpath("$.[[")


def test_a_missing_jsonpath_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonpath_ng.ext", None)
    with pytest.raises(ImportError, match="pip install jsonpath-ng"):
        jsonpath("$.name")


def test_short_forms_say_what_their_classes_do() -> None:
    alarm = {"text": "Too hot", "description": "Restart it", "c8y_Command": {"text": "reboot now"}}
    assert matchers.text("Too *").matches(alarm)
    assert matchers.description("^Rest", "REGEX").matches(alarm)
    assert matchers.command("reboot *").matches(alarm)
    assert not matchers.command("Too *").matches(alarm)
    assert not matchers.command("reboot *").matches({"text": "reboot now"})
    assert matchers.fragment("c8y_Command").matches(alarm)
    assert matchers.field("text", "*hot").matches(alarm)
    both = matchers.match_all(matchers.text("*hot"), matchers.match_not(matchers.fragment("gone")))
    assert both.matches(alarm)
    assert not both.matches({"text": "Too hot", "gone": 1})
    assert matchers.match_any(matchers.text("cold"), matchers.jmespath("c8y_Command")).matches(alarm)
