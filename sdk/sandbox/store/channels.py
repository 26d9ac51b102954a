"""Realtime: sessions of Bayeux clients, and the channels they are subscribed to."""

from __future__ import annotations

import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from threading import Condition

from sdk.sandbox.call import Json
from sdk.sandbox.store.feed import CREATE, DELETE, Change

MOST_OF_A_USER = 10
"""So many sessions of one user may listen to a channel; the oldest gives way."""
MOST_WAITING = 10_000
"""So many messages may wait for a session; then it ends."""
IDLE_SECONDS = 7200.0


@dataclass(eq=False)
class Session:
    """A conversation: `id` is the client id, `channels` what it is subscribed to, in order."""

    id: str
    user: str
    channels: dict[str, None] = field(default_factory=dict)
    waiting: deque[Json] = field(default_factory=deque)
    seen: float = field(default_factory=time.monotonic)
    polls: int = 0
    ended: bool = False


class Channels:
    """The sessions of a tenant. Safe to be used by several threads; `idle` seconds end a session."""

    def __init__(self) -> None:
        self.idle = IDLE_SECONDS
        self._sessions: dict[str, Session] = {}
        self._changed = Condition()
        self._last = 0

    def listens(self) -> bool:
        return bool(self._sessions)

    def publish(self, change: Change) -> None:
        data = {"realtimeAction": change.action, "data": change.document}
        if change.action == DELETE:
            data["data"] = change.document["id"]
        for channel in (f"/{change.api}/{change.source}", f"/{change.api}/*"):
            self._send(channel, channel.replace("*", change.source), data)
        if (change.api, change.action) == ("operations", CREATE):
            agent = f"/{change.record['agentId']}"
            self._send(agent, agent, change.document)

    def _send(self, subscribed: str, channel: str, data: Json) -> None:
        with self._changed:
            self._forget_idle()
            for session in self._sessions.values():
                if subscribed in session.channels:
                    self._last += 1
                    session.waiting.append({"channel": channel, "data": data, "id": str(self._last)})
            for session in [it for it in self._sessions.values() if len(it.waiting) > MOST_WAITING]:
                self._end(session)
            self._changed.notify_all()

    def open(self, user: str) -> Session:
        with self._changed:
            self._forget_idle()
            session = Session(secrets.token_hex(16), user)
            self._sessions[session.id] = session
            return session

    def of(self, identifier: object, user: str) -> Session | None:
        """The session with this client id, if it is this user's and has not ended."""
        with self._changed:
            self._forget_idle()
            session = self._sessions.get(identifier) if isinstance(identifier, str) else None
            if session is None or session.user != user:
                return None
            session.seen = time.monotonic()
            return session

    def subscribe(self, session: Session, channel: str) -> None:
        with self._changed:
            session.channels[channel] = None
            same = [
                it for it in self._sessions.values() if it.user == session.user and channel in it.channels
            ]
            for oldest in same[:-MOST_OF_A_USER]:
                self._end(oldest)

    def unsubscribe(self, session: Session, channel: str) -> None:
        with self._changed:
            session.channels.pop(channel, None)

    def end(self, session: Session) -> None:
        with self._changed:
            self._end(session)

    def poll(self, session: Session, seconds: float) -> list[Json]:
        """What waits for the session, after so many seconds at most; a newer poll takes over at once."""
        with self._changed:
            session.polls += 1
            mine = session.polls
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: session.waiting or session.ended or session.polls != mine, timeout=seconds
            )
            session.seen = time.monotonic()
            if session.polls != mine:
                return []
            taken = list(session.waiting)
            session.waiting.clear()
            return taken

    def _end(self, session: Session) -> None:
        session.ended = True
        self._sessions.pop(session.id, None)
        self._changed.notify_all()

    def _forget_idle(self) -> None:
        limit = time.monotonic() - self.idle
        for session in [found for found in self._sessions.values() if found.seen < limit]:
            self._end(session)
