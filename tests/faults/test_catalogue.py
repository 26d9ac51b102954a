"""Every fault is provoked, every duty of the stream is tested, and every action has its part in the chaos."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from c8yadmin.jobs.registry import actions
from tests.faults.catalogue import FAULTS, STREAMS

SOURCES = [path.read_text() for path in Path("tests").rglob("test_*.py")]


def marked(mark: str) -> set[str]:
    """What the tests of all folders name by this mark."""
    marks = re.compile(rf"pytest\.mark\.{mark}\(([^)]*)\)")
    named = (names for text in SOURCES for names in marks.findall(text))
    return {name for names in named for name in re.findall(r"[FS]\d+", names)}


@pytest.mark.parametrize(("mark", "catalogue"), [("fault", FAULTS), ("stream", STREAMS)])
def test_all_that_is_catalogued_is_tested_and_nothing_else(mark: str, catalogue: dict[str, str]) -> None:
    assert marked(mark) == set(catalogue)


def test_the_chaos_knows_every_action_that_changes_a_tenant() -> None:
    recipes = Path("tests/faults/recipes.py").read_text()
    changing = [action.name for action in actions() if not action.reads]
    assert [name for name in changing if f'"{name}"' not in recipes] == []
