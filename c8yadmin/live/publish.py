"""Telling every open page that something changed; called where the change was committed."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from c8yadmin.live import channels

log = logging.getLogger(__name__)
PATIENCE = 0.5  # seconds: nobody's work waits for the news of it


def signal(topic: str, data: dict[str, Any]) -> bool:
    """Tell the streams of `topic`, `<tenant slug>/<user>` or `<tenant slug>/*<several of them>`, that a job
    changed.

    `data` is `{"job": id, "v": version}`: what changed, never what it changed to; the page then asks for
    that with its own rights. A signal may be lost, so no failure to send one is an error of the caller; it is
    told whether the signal was sent.
    """
    return signals([(topic, data)])


def signals(news: Iterable[tuple[str, dict[str, Any]]]) -> bool:
    """The same for several topics, in one exchange."""
    return _publish([(channels.jobs(topic), json.dumps(data)) for topic, data in news])


def reachable() -> bool:
    """Whether Redis answers at once: one that is merely slow to say no holds up nobody for longer."""
    try:
        return bool(_redis(settings.REDIS_URL).ping())
    except (RedisError, OSError):
        return False


def bye(session_key: str) -> None:
    """Close the streams of a session that has ended."""
    _publish([(channels.bye(channels.fingerprint(session_key)), "signed-out")])


def renew(session_key: str) -> None:
    """Let the streams of a session come back and be asked again: its key or its rights have changed."""
    _publish([(channels.bye(channels.fingerprint(session_key)), "renew")])


def _publish(messages: Sequence[tuple[str, str]]) -> bool:
    try:
        with _redis(settings.REDIS_URL).pipeline(transaction=False) as pipeline:
            for channel, message in messages:
                pipeline.publish(channel, message)
            pipeline.execute()
    except (RedisError, OSError) as error:
        log.warning("live signal not sent: %s", type(error).__name__)
        return False
    return True


@cache
def _redis(url: str) -> Redis:
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=once)
