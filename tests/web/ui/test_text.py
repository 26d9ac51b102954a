"""Words that devices and people chose, shown so that they cannot deceive."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine

from tests.web.ui.drawing import draw, seen

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def text(value: object, limit: int = 200) -> str:
    return draw("{{ ui.text(value, limit) }}", value=value, limit=limit)


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        'x" hx-get="/jobs/new" hx-trigger="load',
        "</textarea></script><svg onload=alert(1)>",
        "{{7*7}}{% load x %}",
    ],
)
def test_markup_from_a_device_is_text(attack: str) -> None:
    for macro in (
        "ui.text(value)",
        "ui.code(value)",
        "ui.badge(value)",
        "ui.status(value)",
        "ui.json(value)",
    ):
        markup = draw("{{ " + macro + " }}", value=attack)
        assert "<script" not in markup
        assert "<img" not in markup
        assert "<svg onload" not in markup
        assert 'hx-get="/jobs' not in markup
    assert seen(text(attack)) in attack


def test_text_is_isolated_from_the_direction_of_its_surroundings() -> None:
    assert text("شاشة").startswith("<bdi")


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        ("\u202e", "U+202E"),
        ("\u200b", "U+200B"),
        ("\x00", "U+0000"),
        ("\ud800", "U+D800"),
        ("\ufeff", "U+FEFF"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(hidden: str, shown: str) -> None:
    assert seen(text(f"pump{hidden}exe")) == f"pump {shown} exe"
    assert hidden not in draw("{{ ui.code(value, copy=false) }}", value=f"pump{hidden}exe")


def test_marks_piled_on_one_letter_are_counted_instead() -> None:
    assert seen(text("a" + "\u0301" * 150 + "b")) == "a +150 marks b"


def test_ordinary_accents_and_scripts_stay_as_they_are() -> None:
    assert seen(text("Zoe\u0308 設備 भारत")) == "Zoe\u0308 設備 भारत"


def test_long_text_is_cut_and_whole_in_the_title() -> None:
    markup = text("x" * 500)
    assert seen(markup) == "x" * 200 + "…"
    assert f'title="{"x" * 500}"' in markup


def test_no_text_is_a_dash() -> None:
    assert seen(text(None)) == seen(text("")) == "–"


def test_zero_and_false_are_text_like_any_other() -> None:
    assert seen(text(0)) == "0"
    assert seen(text(False)) == "False"


def test_shown_json_says_the_same_as_the_value() -> None:
    value = {
        "name": "pump\u202eexe",
        "list": [1, 2.5, None, True],
        "umlaut": "ü",
        "lone": "\ud800",
        "e": "e" + "\u0301" * 9,
    }
    markup = draw("{{ ui.json(value) }}", value=value)
    shown = unescape(markup.split("<code>")[1].split("</code>")[0])
    assert json.loads(shown) == value
    assert "\u202e" not in shown
    assert "ü" in shown


def test_a_huge_document_ends_with_a_note() -> None:
    assert "more characters" in draw("{{ ui.json(value) }}", value=["x" * 300_000])


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=4), "4 min ago"),
        (timedelta(hours=30), "1 d ago"),
        (timedelta(hours=-2), "in 2 h"),
        (timedelta(days=90), "22 Aug 2026"),
    ],
)
def test_a_time_says_how_long_ago(ago: timedelta, words: str) -> None:
    with time_machine.travel(NOW, tick=False):
        markup = draw("{{ ui.time(value) }}", value=NOW - ago)
    assert seen(markup) == words
    assert (NOW - ago).strftime('title="%Y-%m-%d %H:%M:%S UTC"') in markup


def test_a_time_may_be_the_platforms_own_text_in_any_zone() -> None:
    with time_machine.travel(NOW, tick=False):
        assert seen(draw("{{ ui.time('2026-11-20T13:30:00.000+02:00') }}")) == "30 min ago"


BEYOND = ["9999-12-31T23:30:00-05:00", "0001-01-01T00:30:00+05:00"]  # of what can be told in UTC


@pytest.mark.parametrize("value", ["soon", "2026-02-31T00:00:00Z", "<b>", *BEYOND])
def test_what_is_no_time_is_shown_as_it_is(value: str) -> None:
    assert seen(draw("{{ ui.time(value) }}", value=value)) == value


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("1234567|number", "1,234,567"),
        ("none|number", "–"),
        ("0.5|number", "0.5"),
        ("999|filesize", "999 B"),
        ("1234567|filesize", "1.2 MB"),
        ("999|percent(1000)", "99 %"),
        ("0|percent(0)", "0 %"),
    ],
)
def test_numbers_are_readable(source: str, words: str) -> None:
    assert draw("{{ " + source + " }}") == words
