"""What the chaos breaks, and what its driver meets of that itself."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import redis
from django.db import DatabaseError, InterfaceError, connection

from c8yadmin.jobs.execution.transitions import NotAllowed
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders import control
from sdk import C8yError
from tests import postgres
from tests.faults.fleet import Fleet


class Havoc:
    """All that may be done to a fleet; `any_one` chooses."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.faults: list[Callable[[], None]] = [
            self.child_killed,
            self.worker_killed,
            self.main_killed,
            self.worker_terminated,
            self.worker_frozen,
            self.redis_killed,
            self.redis_emptied,
            self.redis_flushed,
            self.redis_frozen,
            self.beat_killed,
            self.web_killed,
            self.tenant_cut,
            self.tenant_throttles,
            self.job_paused,
        ]
        if connection.vendor == "postgresql":
            self.faults += [self.database_restarted, self.connection_killed]

    def any_one(self) -> Callable[[], None]:
        return random.choice(self.faults)

    def _worker(self) -> str:
        return random.choice(self.fleet.workers)

    def child_killed(self) -> None:
        self.fleet.kill_child(self._worker())

    def worker_killed(self) -> None:
        self._down(self._worker(), 1.0)

    def main_killed(self) -> None:
        part = self.fleet.parts[self._worker()]
        if part.process is not None:
            part.process.kill()

    def worker_terminated(self) -> None:
        part = self.fleet.parts[self._worker()]
        if part.process is not None:
            part.process.terminate()

    def worker_frozen(self) -> None:
        self.fleet.freeze(self._worker(), 11)

    def redis_killed(self) -> None:
        self._down("redis", random.uniform(0.2, 4))

    def redis_emptied(self) -> None:
        self.fleet.empty_redis()

    def redis_flushed(self) -> None:
        with suppress(redis.RedisError):
            redis.Redis.from_url(self.fleet.redis.url, socket_timeout=1).flushall()

    def redis_frozen(self) -> None:
        self.fleet.freeze("redis", 5)

    def beat_killed(self) -> None:
        self._down("beat", random.uniform(0.5, 8))

    def web_killed(self) -> None:
        self._down("web", 1.0)

    def tenant_cut(self) -> None:
        for cut in ("before", "after", "middle"):
            self.fleet.sandbox.faults.add(cut=cut, rate=0.3, times=20)

    def tenant_throttles(self) -> None:
        self.fleet.sandbox.faults.add(status=429, retry_after=1, times=5)

    def job_paused(self) -> None:
        with broken_for_now():
            job = Job.objects.filter(state="RUNNING").order_by("?").first()
            if job:
                control.pause(job, "chaos")
                self.fleet.later(1.0, lambda: self._resume(job))

    def _resume(self, job: Job) -> None:
        with broken_for_now():
            if Job.objects.filter(pk=job.pk, state="PAUSED").exists():
                control.resume(job, "chaos")
            return
        self.fleet.later(1.0, lambda: self._resume(job))

    def database_restarted(self) -> None:
        postgres.restart(os.environ["DATABASE_URL"])

    def connection_killed(self) -> None:
        import psycopg

        with suppress(psycopg.OperationalError):  # it may be down just now
            postgres.disconnect(os.environ["DATABASE_URL"])

    def _down(self, name: str, seconds: float) -> None:
        self.fleet.hold(name)
        self.fleet.later(seconds, lambda: self.fleet.release(name))


class broken_for_now(suppress):
    """What this process, too, meets while the database or the tenant is down; it tries again later."""

    def __init__(self) -> None:
        super().__init__(DatabaseError, InterfaceError, C8yError, NotAllowed)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        swallowed = super().__exit__(kind, error, trace)
        if swallowed:
            connection.close()
        return swallowed
