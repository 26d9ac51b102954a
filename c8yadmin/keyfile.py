"""Secrets that an installation makes for itself when its environment gives none."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def key_from(path: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(48)) -> str:
    """The text kept in `path`, made and written there (mode 0600, directory 0700) at its first use.

    Processes that start together agree on one key: only one of them can link its file into place.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(make())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
