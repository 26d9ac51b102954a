"""The bench itself, with sizes at which it tells nothing but whether it works."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.__main__ import measure, measure_jobs
from tests.bench.rows import C8Y_API, OURS, PYC8Y, Figures, Row, Sizes, sdk_rows
from tests.bench.table import rendered
from tests.contract.recorded import check, recording
from tests.peers.running import missing, missing_python_clients

TINY = Sizes(objects=200, writes=40, reads=5, devices=60, pages=3, rounds=1)


@pytest.mark.slow
def test_every_row_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if absent := missing_python_clients():
        missing(f"NO BENCH WITH {' AND '.join(absent)}: run `make peers`.")
    for name, value in recording(tmp_path / "answers.jsonl").items():
        monkeypatch.setenv(name, value)
    problems: list[str] = []
    rows = measure(TINY, problems.append)
    assert not [words for words in problems if "NOT MEASURED" in words]
    assert len(rows) == 21
    assert [row.what for row in rows if not row.complete] == []
    assert all(row.met is not None for row in rows if row.budget)
    check(tmp_path / "answers.jsonl")


@pytest.mark.slow
def test_every_row_of_the_jobs_is_filled() -> None:
    rows = measure_jobs(Sizes(targets=200, prepared=3000, streams=20), lambda _: None)
    assert [row.what for row in rows if not row.complete] == []
    assert all(row.met is not None for row in rows if row.budget)


def test_what_failed_is_shown_as_not_measured() -> None:
    figures = Figures()
    figures.note(OURS, "read", {"cpu": 0.5})
    figures.note(PYC8Y, "read", {"cpu": 2.5})
    row = next(iter(sdk_rows(figures, TINY)))
    assert not row.complete
    assert row.ratios == (5, None)
    assert "not measured" in rendered([row]).splitlines()[-1]


def test_a_median_decides_about_a_budget() -> None:
    figures = Figures()
    for ours in (0.1, 0.2, 9.0):
        figures.note(OURS, "read", {"cpu": ours})
    figures.note(PYC8Y, "read", {"cpu": 0.9})
    figures.note(C8Y_API, "read", {"cpu": 2.5})
    assert next(iter(sdk_rows(figures, TINY))).met
    assert Row("x", "s", (3.0,), worst=2.0).met is False
    assert Row("x", "s", (2.0,), worst=2.0).met is True
