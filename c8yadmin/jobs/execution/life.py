"""Where Celery's processes give their signs of life: a dead or hanging one gives none, whoever else lives.

Each closes its connection afterwards: children that are forked later must not inherit it. And a worker that
has lost its Redis lives on.
"""

from __future__ import annotations

import time
from typing import Any

from celery.beat import PersistentScheduler
from celery.bootsteps import StartStopStep
from celery.signals import worker_shutdown
from django.db import connection
from kombu.transport.redis import Channel, QoS

from c8yadmin.jobs.execution.heartbeats import BEAT, WORKER, beat, farewell

INTERVAL = 5.0  # seconds between two signs


class Unacknowledged(QoS):
    """What a worker has taken from the queue and not done yet.

    A worker that lost its connection while a job was under way would end over it: kombu gives back and ticks
    off what came over a connection that is no more. Here that is left to Redis, which hands it out once more
    in time; nobody heeds such an old wake-up.
    """

    @property
    def _is_cut_off(self) -> bool:
        return getattr(self.channel.connection, "client", None) is None

    def restore_unacked(self, client: Any = None) -> None:
        if not self._is_cut_off:
            super().restore_unacked(client)

    def ack(self, delivery_tag: str) -> None:
        if not self._is_cut_off:
            super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        if not self._is_cut_off:
            super().reject(delivery_tag, requeue=requeue)


Channel.QoS = Unacknowledged


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
