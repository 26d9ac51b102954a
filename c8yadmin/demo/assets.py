"""The files that browsers load, collected where the web server takes them from."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command


def collect() -> None:
    """Collect them when one is newer than the last collection; raises CommandError where packages lack."""
    packages = settings.BASE_DIR / "node_modules" / ".package-lock.json"
    if not packages.exists():
        raise CommandError("The browser's libraries are missing. Run `make setup` first.")
    collected = settings.STATIC_ROOT / "staticfiles.json"
    if not collected.exists() or newest(packages) > collected.stat().st_mtime:
        call_command("collectstatic", interactive=False, verbosity=0)


def newest(packages: Path) -> float:
    """When the youngest of our files, of the packages or of the settings was changed."""
    own = (path for path in (settings.BASE_DIR / "static").rglob("*") if path.is_file())
    return max(path.stat().st_mtime for path in [packages, settings.BASE_DIR / "c8yadmin/settings.py", *own])
