"""A day in three minutes: as many deaths, one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from c8yadmin.demo.plan import free_port
from tests.faults.soak import soak


@pytest.mark.slow
@pytest.mark.xdist_group("fleet")
@pytest.mark.fault("F40")
def test_deaths_one_after_the_other_leave_no_memory_and_no_connection_behind(tmp_path: Path) -> None:
    assert soak(tmp_path, minutes=3, every=10, port=free_port()) == []
