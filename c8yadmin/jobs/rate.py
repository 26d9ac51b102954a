"""How fast a tenant may be asked: token buckets that all workers on all machines share."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache

import redis
from django.conf import settings
from redis.commands.core import Script

log = logging.getLogger(__name__)

PATIENCE = 0.5  # seconds that a slot waits for Redis
OFFLINE = 30.0  # seconds without asking a Redis that did not answer

# Redis' own clock, so that the machines' clocks need not agree. Answers "0" when the tokens were taken, else
# the seconds until there will be enough.
TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local rate, burst, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(held[1]) or burst
local at = tonumber(held[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) * rate)
local wait = 0
if tokens >= want then tokens = tokens - want else wait = (want - tokens) / rate end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 60000)
return tostring(wait)
"""


@dataclass(slots=True)
class Bucket:
    """`rate` requests per second in the long run, `burst` at once; `sharers` slots may draw from it.

    While Redis does not answer, each slot keeps to its share of the rate: slow, never unlimited.
    """

    name: str
    rate: float
    burst: float
    sharers: int = 1
    _tokens: float = field(default=0.0, init=False)
    _at: float = field(default_factory=time.monotonic, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _offline_until: float = field(default=0.0, init=False)

    def take(self, n: int) -> float:
        """Take `n` tokens and answer 0, or answer the seconds after which to ask again."""
        if time.monotonic() >= self._offline_until:
            try:
                return self._shared(n)
            except redis.RedisError as error:
                log.warning("rate of %s kept without Redis: %s", self.name, type(error).__name__)
                self._offline_until = time.monotonic() + OFFLINE
        return self._local(n)

    def _shared(self, n: int) -> float:
        script = _script(settings.REDIS_URL, os.getpid())
        key = f"c8yadmin:rate:{self.name}"
        return float(script(keys=[key], args=[self.rate, max(self.burst, n), n]))

    def _local(self, n: int) -> float:
        share = self.rate / self.sharers
        with self._lock:
            now = time.monotonic()
            self._tokens = min(max(1.0, float(n)), self._tokens + (now - self._at) * share)
            self._at = now
            if self._tokens < n:
                return (n - self._tokens) / share
            self._tokens -= n
            return 0.0


@lru_cache(maxsize=4)
def _script(url: str, process: int) -> Script:
    # By process, so that a forked child never shares its parent's connection.
    client = redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    return client.register_script(TAKE)
