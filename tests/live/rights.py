"""Who may listen to what in these tests; `settings.LIVE_AUTHORIZE` names the function."""

from __future__ import annotations

TOPICS: dict[tuple[str, str], list[str]] = {}


def topics_for(session_key: str, tenant: str) -> list[str] | None:
    return TOPICS.get((session_key, tenant))


def everyone(session_key: str, tenant: str) -> list[str]:
    return [f"{tenant}/{session_key}", f"{tenant}/everybody"]
