"""Laws of the display filters: whatever is written is understood or refused, and values find themselves."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sdk import pydf
from sdk.model.display_filter import ExpressionError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SIGNS = ["==", "!=", ">", "~", "&", "(", ")", "{", "}", "[", "]", ",", "and", "or", "not", "in", "xor"]
PARTS = ["name", "a.b", "0", "1..5", "'x'", '"y"', "len", "true", "contains", "matches", "0:2", "-1", "\\x41"]
WORDS = st.sampled_from([*SIGNS, *PARTS])
VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
INNER = VALUES | st.lists(VALUES, max_size=3) | st.dictionaries(st.sampled_from(["b", "c.d"]), VALUES)
DOCUMENTS = st.dictionaries(st.sampled_from(["name", "a", "x"]), INNER, max_size=3)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=9).map(" ".join) | TEXT, DOCUMENTS)
def test_any_text_is_a_filter_or_refused_with_its_place(text: str, document: dict[str, Any]) -> None:
    try:
        matcher = pydf(text)
    except ExpressionError as refused:
        position = refused.position
        assert 1 <= position <= len(text) + 1
        return
    assert matcher.matches(document) in {True, False}
    assert pydf(f"not ({text})").matches(document) is not matcher.matches(document)


@settings(max_examples=100, deadline=None)
@given(TEXT, TEXT)
def test_a_text_finds_itself_and_nothing_else(one: str, other: str) -> None:
    quoted = '"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert pydf(f"name == {quoted}").matches({"name": one})
    assert pydf(f"name == {quoted}").matches({"name": other}) is (one == other)
    assert pydf(f"name contains {quoted}").matches({"name": other + one})


@settings(max_examples=100, deadline=None)
@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_numbers_compare_as_numbers(one: int, other: int) -> None:
    document = json.loads(json.dumps({"n": one}))
    assert pydf(f"n > {other}").matches(document) is (one > other)
    assert pydf(f"n == {other}").matches(document) is (one == other)
    low, high = sorted((one, other))
    assert pydf(f"n in {{{low}..{high}}}").matches(document)
