"""The Chromium of the browser tests; `python -m tests.chromium` installs one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of a module.

    Not for longer: until it is closed, Playwright keeps an event loop in this thread, in which no other can
    run, and which Django would take for asynchronous code. Nor can Playwright be started a second time.
    """
    program = find()
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            "NO CHROMIUM here: the browser tests are not run"
        )
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def find() -> str | None:
    """The program of an installed Chromium or Chrome, or of Playwright's own; None where there is neither."""
    installed = [shutil.which(name) for name in NAMES]
    installed += [path for path in APPLICATIONS if Path(path).exists()]
    return next(filter(None, installed), None) or downloaded()


def downloaded() -> str | None:
    """The program that Playwright has downloaded."""
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Let Playwright download one; failing that, take Debian's, for which one must be root."""
    download = [sys.executable, "-m", "playwright", "install", "chromium"]
    if subprocess.run(download, check=False).returncode == 0 and starts(downloaded()):
        return
    if os.geteuid() == 0 and (apt := shutil.which("apt-get")):
        wait = ["-o", "DPkg::Lock::Timeout=300", "-y", "-qq"]
        subprocess.run([apt, *wait, "update"], check=False)
        subprocess.run([apt, *wait, "install", "--no-install-recommends", "chromium"], check=False)


def starts(program: str | None) -> bool:
    """Whether the program runs: a download may lack libraries of this system."""
    command = [program or "false", "--version"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0


def main() -> int:
    if not find():
        install()
    if starts(find()):
        return 0
    print("!!! NO CHROMIUM here, and none could be installed: the browser tests cannot run.", file=sys.stderr)  # noqa: T201
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
