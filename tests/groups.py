"""Which tests share a worker of pytest-xdist: those of modules that are marked with the same `xdist_group`.

So a demo or a browser is started once for all of them. pytest-xdist itself tells its scheduler the group by
the test's id, but pytest 9.2 keeps the id as it was, and no test has a group.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling

MARK = re.compile(r'xdist_group\("(\w+)"\)')


class Grouped(LoadGroupScheduling):
    """Hands out tests one by one, and those of a group together."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0]) or nodeid


@cache
def group_of(module: str) -> str:
    """The group of the module's tests; empty where they have none."""
    found = MARK.search(Path(module).read_text())
    return found[1] if found else ""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Grouped | None:
    """With `--dist loadgroup`, the scheduler that knows the groups."""
    return Grouped(config, log) if config.getoption("dist") == "loadgroup" else None
