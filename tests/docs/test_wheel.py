"""What `make build` puts into a wheel is a console that works without the project's folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("wheel")  # one folder for all of them
PROJECT: dict[str, Any] = tomllib.loads(Path("pyproject.toml").read_text())
WHEEL = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
VISIT = """
import os, re
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "c8yadmin.settings"
django.setup()
from django.test import Client
browser = Client(SERVER_NAME="localhost")
page = browser.get("/sign-in/")
assert page.status_code == 200, page.status_code
files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.content.decode())
assert len(files) > 10, files
for file in files:
    answer = browser.get(file)
    assert answer.status_code == 200, file
    answer.close()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installed wheel, filled as pyproject.toml says."""
    folder = tmp_path_factory.mktemp("site")
    for package in WHEEL["packages"]:
        shutil.copytree(package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for source, target in WHEEL["force-include"].items():
        if source == "dist/staticfiles":
            collect(folder / target)
        else:
            shutil.copytree(source, folder / target)
    return folder


def collect(folder: Path) -> None:
    own = {"C8YADMIN_STATIC_ROOT": str(folder), "C8YADMIN_DATA_DIR": str(folder.parent.parent / "data")}
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(command, env=environment() | own, check=True)


def environment() -> dict[str, str]:
    """This process's, without what would lead an installed console back to the tests."""
    astray = ("C8YADMIN_DATA_DIR", "DJANGO_SETTINGS_MODULE", "PYTHONPATH", "DATABASE_URL", "REDIS_URL")
    return {name: value for name, value in os.environ.items() if name not in astray}


def run(site: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the installed console in `folder`, which is somewhere else."""
    command = [sys.executable, *words]
    own = {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment() | own, capture_output=True, text=True, check=False
    )


def test_an_installed_console_has_its_database_pages_and_files(site: Path, tmp_path: Path) -> None:
    checked = run(site, tmp_path, "-m", "c8yadmin", "check", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr
    assert run(site, tmp_path, "-m", "c8yadmin", "migrate", "--verbosity", "0").returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == [".data"]
    visited = run(site, tmp_path, "-c", VISIT)
    assert visited.returncode == 0, visited.stderr


def test_an_installed_console_says_where_the_demo_runs(site: Path, tmp_path: Path) -> None:
    refused = run(site, tmp_path, "-m", "c8yadmin", "demo")
    assert refused.returncode == 1
    assert "The demo runs in the project's folder only" in refused.stderr


def test_no_wheel_is_made_without_the_files_that_make_build_collects() -> None:
    recipe = Path("Makefile").read_text().partition("\nbuild:")[2].partition("\n.PHONY")[0]
    assert "dist/" in Path(".gitignore").read_text().split()  # never there by itself: that ends the build
    assert recipe.count("rm -rf dist/staticfiles") == 2
    assert "C8YADMIN_STATIC_ROOT=dist/staticfiles" in recipe
