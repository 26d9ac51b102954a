"""Every fault is provoked somewhere, or it is told why not."""

from __future__ import annotations

import re
from pathlib import Path

from tests.faults.catalogue import BY_CHAOS, ELSEWHERE, FAULTS, NOT_YET

MARK = re.compile(r"pytest\.mark\.fault\(([^)]*)\)")


def test_every_fault_is_provoked_or_told_why_not() -> None:
    sources = [path.read_text() for path in Path("tests/faults").glob("test_*.py")]
    marked = {
        name for text in sources for names in MARK.findall(text) for name in re.findall(r"F\d\d", names)
    }
    assert marked | set(ELSEWHERE) | BY_CHAOS | set(NOT_YET) == set(FAULTS)
    assert not set(NOT_YET) & marked


def test_every_test_that_is_named_exists() -> None:
    for place in (place for places in ELSEWHERE.values() for place in places):
        path, _, name = place.partition("::")
        assert f"def {name}(" in Path(path).read_text(), place


def test_the_chaos_does_what_is_left_to_it() -> None:
    text = Path("tests/faults/chaos.py").read_text()
    assert "self.database_restarted, self.connection_killed" in text
