"""How the processes behind the jobs are doing, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db import Error, transaction
from django.db.models import Max
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from c8yadmin.jobs.execution.claims import live_leases
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.execution.heartbeats import BEAT, SWEEP, WORKER
from c8yadmin.jobs.models import Heartbeat, Job, TenantLimit
from c8yadmin.jobs.states import RUNNABLE, State

SILENT = timedelta(seconds=30)
PATIENCE = 0.5  # seconds that a page waits for Redis
QUEUE = "c8yadmin:celery"

Tone = Literal["success", "warning", "danger"]
WORDS: dict[Tone, str] = {"success": "Well", "warning": "Degraded", "danger": "Down"}


@dataclass(frozen=True, slots=True)
class Sign:
    """One part and how it does: `success` well, `warning` degraded, `danger` jobs stand still."""

    part: str
    tone: Tone
    text: str


def signs(tenant: str) -> list[Sign]:
    """Everything that the jobs of `tenant` need. One look at Redis, half a second at most."""
    redis = _redis()
    try:
        now = clock()
        return [_database(now), redis, worker_sign(now), beat_sign(now), sweep_sign(now), _limit(tenant, now)]
    except Error:
        return [Sign("Database", "danger", "The database does not answer."), redis]


def process_signs() -> list[Sign]:
    """How workers and beat do, by what they wrote into the database; raises django.db.Error."""
    now = clock()
    return [worker_sign(now), beat_sign(now), sweep_sign(now)]


def _database(now: datetime) -> Sign:
    try:
        with transaction.atomic():
            Heartbeat.objects.update_or_create(name="console", defaults={"kind": "console", "at": now})
    except Error:
        text = (
            "The database takes no changes: its disk is full, or it is read-only. Jobs wait; nothing is lost."
        )
        return Sign("Database", "danger", text)
    return Sign("Database", "success", "It answers and takes changes.")


def warnings() -> Sequence[Sign]:
    """What everybody who looks at jobs should know; nothing where no job waits for anybody."""
    if not Job.objects.filter(state__in=[*RUNNABLE, State.PREPARING, State.SCHEDULED]).exists():
        return []
    now = clock()
    workers = worker_sign(now)
    told = [_redis(), beat_sign(now)]
    if workers.tone == "danger":  # the database may be the reason; else nobody writes for a look at a page
        told = [_database(now), *told, workers]
    return [sign for sign in told if sign.tone != "success"]


def last_beat(kind: str) -> datetime | None:
    """When the last process of this kind (`worker`, `beat`), or the last `sweep`, was heard of."""
    found: datetime | None = Heartbeat.objects.filter(kind=kind).aggregate(at=Max("at"))["at"]
    return found


def beat_sign(now: datetime) -> Sign:
    """The clock of the jobs."""
    at = last_beat(BEAT)
    if at is None:
        return Sign("Clock (beat)", "warning", "It has never been heard of: jobs recover slowly without it.")
    if now - at > SILENT:
        text = (
            f"The clock of the jobs has stopped: its last beat was {_ago(now - at)} ago. Running jobs go on."
        )
        return Sign("Clock (beat)", "warning", f"{text} Scheduled ones do not start.")
    return Sign("Clock (beat)", "success", f"Its last beat was {_ago(now - at)} ago.")


def worker_sign(now: datetime) -> Sign:
    """The workers, each of which tells by itself that it is alive."""
    heard = dict(Heartbeat.objects.filter(kind=WORKER).order_by("name").values_list("name", "at"))
    alive = [name for name, at in heard.items() if now - at <= SILENT]
    if not alive:
        silence = f"for {_ago(now - max(heard.values()))}" if heard else "ever"
        return Sign("Workers", "danger", f"No worker was heard of {silence}: jobs wait until one is there.")
    text = (
        f"{len(alive)} {'worker was' if len(alive) == 1 else 'workers were'} heard of in the last 30 seconds."
    )
    silent = [f"{name} for {_ago(now - at)}" for name, at in heard.items() if name not in alive]
    if not silent:
        return Sign("Workers", "success", text)
    more = f" and {len(silent) - 3} more" if len(silent) > 3 else ""
    return Sign("Workers", "warning", f"{text} Silent: {', '.join(silent[:3])}{more}.")


def sweep_sign(now: datetime) -> Sign:
    """Whether the beat's messages reach workers, which is how lost wake-ups are made good for."""
    at = last_beat(SWEEP)
    if at is None:
        return Sign("Sweeper", "warning", "It has never run: lost wake-ups are not replaced.")
    if now - at > SILENT:
        text = f"It last ran {_ago(now - at)} ago: no message from the clock reaches a worker."
        return Sign("Sweeper", "warning", text)
    return Sign("Sweeper", "success", f"It last ran {_ago(now - at)} ago.")


def _redis() -> Sign:
    try:
        with Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
        ) as redis:
            waiting, info = redis.llen(QUEUE), redis.info("memory")
    except (RedisError, OSError):
        return Sign("Queue (Redis)", "danger", "The queue is offline. Jobs wait; none of them is lost.")
    if info["maxmemory"] and info["used_memory"] >= info["maxmemory"]:
        return Sign("Queue (Redis)", "danger", "The queue is full: its memory is used up. Jobs wait.")
    return Sign("Queue (Redis)", "success", f"It answers; {waiting} wake-ups wait in it.")


def _limit(tenant: str, now: datetime) -> Sign:
    limit = TenantLimit.objects.filter(tenant=tenant).first() or TenantLimit(tenant=tenant)
    used = f"{live_leases(tenant, now)} of {limit.max_leases} slots are in use"
    rate = f"at most {limit.rate:g} requests per second" if limit.rate else "no limit of the rate"
    if limit.circuit_until and limit.circuit_until > now:
        rest = _ago(limit.circuit_until - now)
        return Sign(
            "This tenant", "warning", f"It is left alone for {rest}, because it asked for that; {used}."
        )
    return Sign("This tenant", "success", f"{used}, {rate}.")


def _ago(time: timedelta) -> str:
    seconds = max(0, round(time.total_seconds()))
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60:,} min"
