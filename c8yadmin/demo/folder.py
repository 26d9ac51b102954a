"""The folder that one demo at a time works in."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Taken(Exception):
    """Another demo works in this folder; the text says which."""


@contextmanager
def locked(folder: Path, claim: str) -> Iterator[None]:
    """Hold `folder` for this process; `claim` tells those who come later what holds it. Raises `Taken`.

    The kernel gives the folder free when the process ends, however it ends.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "demo.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Taken(f"A demo is already running in this folder: {file.read().strip()}.") from None
        file.truncate(0)
        file.write(f"{claim}, process {os.getpid()}")
        file.flush()
        yield
