"""The style sheets as a browser reads them: a block that is never closed takes all that follows with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SHEETS = sorted(Path("static/css").glob("*.css"))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.stem)
def test_every_rule_of_a_style_sheet_is_closed_before_the_next(sheet: Path) -> None:
    rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    depth = 0
    for brace in re.findall(r"[{}]", rules):
        depth += 1 if brace == "{" else -1
        assert depth in {0, 1, 2}, "a rule stands in a rule, or closes none"
    assert depth == 0
