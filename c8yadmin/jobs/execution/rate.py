"""How fast a tenant may be asked: token buckets that all workers on all machines share."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from functools import lru_cache

import redis
from django.conf import settings
from django.db import transaction
from redis.commands.core import Script

from c8yadmin.jobs.execution.database import clock, retry_db
from c8yadmin.jobs.models import RateAccount

log = logging.getLogger(__name__)

PATIENCE = 0.5  # seconds that a slot waits for Redis
OFFLINE = 30.0  # seconds without asking a Redis that did not answer
RETRY = 0.2  # seconds after which a thread asks again for tokens that the database has to grant

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


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `rate` requests per second in the long run, and `burst` at once, of all that name it."""

    name: str
    rate: float
    burst: float


class Bucket:
    """A limit's token bucket, which all workers on all machines draw from; the limit may change meanwhile.

    While Redis does not answer, the database keeps the account: whoever may use it (`refill`) fetches tokens
    for the next moments, and threads spend those. Without either nothing is granted.
    """

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._pot = 0.0
        self._wanted = 1
        self._lock = threading.Lock()

    def take(self, n: int) -> float:
        """Take `n` tokens and answer 0, or answer the seconds after which to ask again."""
        if not _is_offline(settings.REDIS_URL):
            try:
                return self._shared(n)
            except redis.RedisError as error:
                log.warning("rate of %s kept without Redis: %s", self.limit.name, type(error).__name__)
                _offline[settings.REDIS_URL] = time.monotonic() + OFFLINE
        return self._spend(n)

    def keep_to(self, limit: Limit) -> None:
        """From now on this is the limit; what was fetched under another one counts no more than its burst."""
        with self._lock:
            self.limit = limit
            self._pot = min(self._pot, max(limit.burst, self._wanted))

    def refill(self) -> None:
        """While Redis does not answer, fetch what may be spent until the next call; asks the database."""
        if not _is_offline(settings.REDIS_URL):
            return
        room = max(self.limit.burst, self._wanted) - self._pot
        granted = retry_db(_draw, self.limit, room) if room > 0 else 0.0
        with self._lock:
            self._pot += granted

    def _shared(self, n: int) -> float:
        script = _script(settings.REDIS_URL, os.getpid())
        key = f"c8yadmin:rate:{self.limit.name}"
        return float(script(keys=[key], args=[self.limit.rate, max(self.limit.burst, n), n]))

    def _spend(self, n: int) -> float:
        with self._lock:
            self._wanted = n
            if self._pot < n:
                return RETRY
            self._pot -= n
            return 0.0


def become(buckets: list[Bucket], limits: list[Limit]) -> list[Bucket]:
    """Buckets for `limits`: those of `buckets` that go by the same name are kept, and changed."""
    known = {bucket.limit.name: bucket for bucket in buckets}
    found = []
    for limit in limits:
        bucket = known.get(limit.name) or Bucket(limit)
        bucket.keep_to(limit)
        found.append(bucket)
    return found


def _draw(limit: Limit, most: float) -> float:
    """Take up to `most` tokens from the limit's account in the database; answers how many there were."""
    with transaction.atomic():
        now = clock()
        account, _ = RateAccount.objects.select_for_update().get_or_create(
            name=limit.name, defaults={"tokens": 0.0, "at": now}
        )
        since = max(0.0, (now - account.at).total_seconds())
        held = min(max(limit.burst, most), account.tokens + since * limit.rate)
        granted = min(held, most)
        account.tokens, account.at = held - granted, now
        account.save()
        return granted


_offline: dict[str, float] = {}


def _is_offline(url: str) -> bool:
    return time.monotonic() < _offline.get(url, 0.0)


@lru_cache(maxsize=4)
def _script(url: str, process: int) -> Script:
    # By process, so that a forked child never shares its parent's connection.
    client = redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    return client.register_script(TAKE)
