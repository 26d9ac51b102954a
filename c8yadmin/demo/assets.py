"""The files that browsers load, collected where the web server takes them from."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command


def check() -> None:
    """Raise CommandError where this is not the project's folder, or the npm packages are missing."""
    if settings.INSTALLED:
        raise CommandError("The demo runs in the project's folder only: clone it and run `make demo` there.")
    if not installed().exists():
        raise CommandError("The style sheets for the browser are missing. Run `make setup` first.")


def collect() -> None:
    """Collect the files when one is newer than the last collection; demos that start together take turns."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    collected = settings.STATIC_ROOT / "staticfiles.json"
    with turn(settings.STATIC_ROOT):
        if not collected.exists() or newest() > collected.stat().st_mtime:
            call_command("collectstatic", interactive=False, verbosity=0)


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Wait until no other process works in `folder` under this guard."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def installed() -> Path:
    """What npm writes when it has installed the packages."""
    lock: Path = settings.BASE_DIR / "node_modules" / ".package-lock.json"
    return lock


def newest() -> float:
    """When the youngest of our files, of the packages or of the settings was changed."""
    own = (path for path in (settings.BASE_DIR / "static").rglob("*") if path.is_file())
    others = [installed(), settings.BASE_DIR / "c8yadmin/settings.py"]
    return max(path.stat().st_mtime for path in [*others, *own])
