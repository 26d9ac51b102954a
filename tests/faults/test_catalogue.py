"""Every fault is provoked, every duty of the stream is tested, and every action has its part in the chaos."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

import pytest

from c8yadmin.jobs.registry import actions
from c8yadmin.jobs.undoing.reversal import opposite
from sdk.sandbox import Sandbox
from tests.faults.catalogue import FAULTS, STREAMS
from tests.faults.recipes import all_orders

SOURCES = [path.read_text() for path in Path("tests").rglob("test_*.py")]


def marked(mark: str) -> set[str]:
    """What the tests of all folders name by this mark."""
    marks = re.compile(rf"pytest\.mark\.{mark}\(([^)]*)\)")
    named = (names for text in SOURCES for names in marks.findall(text))
    return {name for names in named for name in re.findall(r"[FS]\d+", names)}


@pytest.mark.parametrize(("mark", "catalogue"), [("fault", FAULTS), ("stream", STREAMS)])
def test_all_that_is_catalogued_is_tested_and_nothing_else(mark: str, catalogue: dict[str, str]) -> None:
    assert marked(mark) == set(catalogue)


def test_the_chaos_orders_every_action_and_reverts_what_can_be_reverted() -> None:
    lines = all_orders(Sandbox(devices=20, seed=7), lots=1, size=2)
    ordered = {order.action for line in lines for order in islice(line, 30)}
    every = list(actions())
    reverts = [back for one in every if (back := opposite(one))]
    redone = [again for back in reverts if (again := opposite(back))]
    assert {action.name for action in (*every, *reverts, *redone)} - ordered == set()
