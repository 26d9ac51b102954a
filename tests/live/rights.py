"""Who may listen to what in these tests; `settings.LIVE_AUTHORIZE` names the function."""

from __future__ import annotations

import threading

BUSY = threading.Lock()  # while somebody holds it, nobody learns what may be heard
TOPICS: dict[tuple[str, str], list[str]] = {}


def topics_for(session_key: str, tenant: str) -> list[str] | None:
    with BUSY:
        return TOPICS.get((session_key, tenant))


def everyone(session_key: str, tenant: str) -> list[str]:
    return [f"{tenant}/{session_key}", f"{tenant}/everybody"]
