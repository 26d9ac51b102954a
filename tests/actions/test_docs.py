"""The page about the actions names them all, with all their parameters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from c8yadmin.jobs.registry import actions

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "actions.md").read_text()
ROWS = {row[1]: row[0] for row in re.finditer(r"^\| `([a-z.]+)` \|.*$", DOCS, re.MULTILINE)}
FREE = {"inventory.set"}  # takes any fragment by its name


def test_every_action_and_no_other_has_its_row() -> None:
    assert ROWS.keys() == {action.name for action in actions()}


@pytest.mark.parametrize("name", sorted(ROWS.keys() - FREE))
def test_a_row_names_every_parameter(name: str) -> None:
    action = next(action for action in actions() if action.name == name)
    assert {field for field in action.form.base_fields if f"`{field}" not in ROWS[name]} == set()
