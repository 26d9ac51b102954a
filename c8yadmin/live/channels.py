"""The Redis channels between the processes that change something and those that tell browsers."""

from __future__ import annotations

import hashlib

PREFIX = "c8yadmin:live:"
PATTERN = f"{PREFIX}*"
JOBS = f"{PREFIX}jobs:"
BYES = f"{PREFIX}bye:"


def jobs(topic: str) -> str:
    """Where signals about the jobs of `topic`, `<tenant slug>/<user>`, travel."""
    return f"{JOBS}{topic}"


def bye(session: str) -> str:
    """Where the end of a session is told; `session` is its fingerprint."""
    return f"{BYES}{session}"


def fingerprint(session_key: str) -> str:
    """A name for a session that is of no use for taking it over."""
    return hashlib.sha256(session_key.encode()).hexdigest()
