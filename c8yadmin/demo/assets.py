"""The files that browsers load, collected where the web server takes them from."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command


def check() -> None:
    """Raise CommandError where the npm packages are missing."""
    if not installed().exists():
        raise CommandError("The style sheets for the browser are missing. Run `make setup` first.")


def collect() -> None:
    """Collect the files when one is newer than the last collection."""
    collected = settings.STATIC_ROOT / "staticfiles.json"
    if not collected.exists() or newest() > collected.stat().st_mtime:
        call_command("collectstatic", interactive=False, verbosity=0)


def installed() -> Path:
    """What npm writes when it has installed the packages."""
    lock: Path = settings.BASE_DIR / "node_modules" / ".package-lock.json"
    return lock


def newest() -> float:
    """When the youngest of our files, of the packages or of the settings was changed."""
    own = (path for path in (settings.BASE_DIR / "static").rglob("*") if path.is_file())
    others = [installed(), settings.BASE_DIR / "c8yadmin/settings.py"]
    return max(path.stat().st_mtime for path in [*others, *own])
