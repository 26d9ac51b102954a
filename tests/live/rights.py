"""Who may listen to what, for the tests of the stream itself: `settings.LIVE_AUTHORIZE` names the function."""

from __future__ import annotations

TOPICS: dict[tuple[str, str], list[str]] = {}


def topics_for(session_key: str, tenant: str) -> list[str] | None:
    return TOPICS.get((session_key, tenant))
