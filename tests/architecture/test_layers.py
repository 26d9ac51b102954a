"""The shape of the house, tested instead of reviewed."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for top in ("c8yadmin", "sdk", "tests")
    for path in (ROOT / top).rglob("*.py")
    if "migrations" not in path.parts
]


def test_nobody_imports_upwards() -> None:
    contracts = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert contracts.returncode == 0, contracts.stdout


def test_every_file_can_be_held_in_the_head() -> None:
    longest = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in longest.items() if lines > 400} == {}


def test_no_file_is_a_drawer_for_leftovers() -> None:
    drawers = {"utils", "util", "helpers", "common", "misc", "base"}
    assert [path for path in SOURCES if path.stem in drawers] == []


def test_lock_files_hold_no_address() -> None:
    locks = [*ROOT.glob("requirements*.lock"), ROOT / "package-lock.json"]
    assert [lock.name for lock in locks if re.search(r"https?:|resolved", lock.read_text())] == []


def test_nothing_replaces_urllib3() -> None:
    installed = {distribution.name.lower() for distribution in importlib.metadata.distributions()}
    assert installed.isdisjoint({"niquests", "urllib3-future"})


def test_no_third_party_file_is_committed() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert [
        name for name in tracked if "node_modules/" in name or "/vendor/" in name or ".min." in name
    ] == []


def test_a_web_process_does_without_what_it_has_not_been_asked_for() -> None:
    """Each of these weighs megabytes beside every open stream."""
    serving = (
        "import sys, uvicorn, c8yadmin.asgi, c8yadmin.urls\n"
        "from c8yadmin.demo.management.commands.serve import APPLICATION, server_options\n"
        "uvicorn.Config(APPLICATION, **server_options()).load()\n"
        "print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", serving],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    ).stdout.split()
    assert {"c8yadmin.jobs.pages.metrics", "c8yadmin.core.sheets"} <= set(loaded)
    assert {"celery", "kombu", "prometheus_client", "websockets", "xlsxwriter"}.isdisjoint(loaded)
