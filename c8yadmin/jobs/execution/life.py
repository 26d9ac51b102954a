"""Where Celery's processes give their signs of life: a dead or hanging one gives none, whoever else lives.

Each closes its connection afterwards: children that are forked later must not inherit it.
"""

from __future__ import annotations

import time
from typing import Any

from celery.beat import PersistentScheduler
from celery.bootsteps import StartStopStep
from celery.signals import worker_shutdown
from django.db import connection

from c8yadmin.jobs.execution.heartbeats import BEAT, WORKER, beat, farewell

INTERVAL = 5.0  # seconds between two signs


class WorkerLife(StartStopStep):
    """A worker's main process is alive for as long as it looks at its queue."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:
        """`parent` is the consumer, anew after each loss of its connection, which also ends its timers."""

        def sign() -> None:
            beat(parent.hostname, WORKER)
            connection.close()

        sign()
        parent.timer.call_repeatedly(INTERVAL, sign)


@worker_shutdown.connect
def say_farewell(sender: Any, **_: Any) -> None:
    farewell(sender.hostname)
    connection.close()


class Clock(PersistentScheduler):
    """The beat is alive for as long as it looks for what is due."""

    _told = -INTERVAL

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; the seconds until the next look."""
        if time.monotonic() >= self._told + INTERVAL:
            beat("beat", BEAT)
            connection.close()
            self._told = time.monotonic()
        wait: float = super().tick(*args, **kwargs)
        return min(wait, INTERVAL)
