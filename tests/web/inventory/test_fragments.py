"""The laws of the editor's difference, and what it says about text that is no JSON object."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c8yadmin.core.jsontext import Unreadable, parse, readable
from c8yadmin.inventory.fragments import ABSENT, Change, clashes, differences, merged, same, top_level

pytestmark = pytest.mark.usefixtures("tables")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
unhurried = settings(max_examples=60, deadline=None)
documents = st.dictionaries(texts, values.filter(lambda value: value is not None), max_size=4)


@unhurried
@given(documents, documents)
def test_the_differences_applied_to_the_old_version_give_the_new_one(old: dict, new: dict) -> None:
    assert same(merged(old, differences(old, new)), new)


@unhurried
@given(documents, documents)
def test_only_what_differs_is_sent_and_what_is_gone_is_sent_as_null(old: dict, new: dict) -> None:
    sent = top_level(old, new)
    assert all(not same(old.get(key, ABSENT), new.get(key, ABSENT)) for key in sent)
    stored = {key: value for key, value in {**old, **sent}.items() if value is not None}
    assert same(stored, new)


@unhurried
@given(documents)
def test_what_the_editor_shows_reads_back_as_it_was(document: dict) -> None:
    assert same(parse(readable(document)), document)


@unhurried
@given(documents, documents, documents)
def test_a_change_on_top_of_another_keeps_whatever_it_did_not_touch(
    base: dict, mine: dict, theirs: dict
) -> None:
    result = merged(theirs, differences(base, mine))
    untouched = [key for key in theirs if same(base.get(key, ABSENT), mine.get(key, ABSENT))]
    assert all(same(result[key], theirs[key]) for key in untouched)


def test_true_and_one_and_one_point_zero_are_three_values() -> None:
    changes = differences({"a": 1, "b": 1, "c": [1]}, {"a": True, "b": 1.0, "c": [True]})
    assert [change.path for change in changes] == ["a", "b", "c"]


def test_two_changes_inside_one_fragment_both_survive() -> None:
    base = {"c8y_Hardware": {"model": "A", "revision": "1"}}
    mine = {"c8y_Hardware": {"model": "B", "revision": "1"}}
    theirs = {"c8y_Hardware": {"model": "A", "revision": "2"}}
    assert merged(theirs, differences(base, mine)) == {"c8y_Hardware": {"model": "B", "revision": "2"}}


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        (("c8y_Hardware", "model"), "c8y_Hardware.model"),
        (("a.b", "c"), '["a.b"].c'),
        (("a", "", "b c"), 'a[""]["b c"]'),
        (("__proto__",), "__proto__"),
    ],
)
def test_a_path_cannot_be_mistaken_for_another(keys: tuple[str, ...], path: str) -> None:
    assert Change(keys, 1, 2).path == path


def test_fragments_that_both_changed_come_first() -> None:
    base, mine = {"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 2, "c": 1}
    theirs = {"a": 1, "b": 3, "c": 1, "d": 1}
    found = clashes(base, mine, theirs)
    assert [(clash.key, clash.by) for clash in found] == [("b", "both"), ("a", "you"), ("d", "them")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '{\n "a": 1\n "b": 2\n}',
            "Line 3, column 2: a comma or a closing bracket is missing before this place.",
        ),
        ('{"a": 1,}', "Line 1, column 9: a key in double quotes must stand here."),
        ('{"a": tru}', "Line 1, column 7: a value is missing, or it is not valid JSON."),
        ('{"a": 1} x', "Line 1, column 10: there is text after the end of the object."),
        ('{"a": "x\ny"}', "Line 1, column 9: this text has a line break or tab in it"),
        ("[1]", "must be one JSON object"),
        ('{"a": 1, "a": 2}', 'The key "a" stands twice'),
        ('{"a": NaN}', "NaN is not a value that JSON knows"),
        ('{"a": "\\ud800"}', "half a character"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' + "1" * 5000 + "}", "has 5000 digits"),
    ],
)
def test_text_that_is_no_object_is_explained_in_words(text: str, words: str) -> None:
    with pytest.raises(Unreadable) as problem:
        parse(text)
    assert words in str(problem.value)


def test_invisible_characters_are_written_as_escapes() -> None:
    assert readable({"a\u202eb": "\u200b"}) == '{\n  "a\\u202eb": "\\u200b"\n}'
    assert json.loads(readable("\U000e0001")) == "\U000e0001"
