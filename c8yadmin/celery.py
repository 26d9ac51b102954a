"""The Celery application: `celery -A c8yadmin worker`, `celery -A c8yadmin beat`."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from kombu import Connection, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "c8yadmin.settings")

RECONNECT = 5  # seconds between two attempts at most


class Persistent(Connection):
    """Is back soon after a queue that was away for long: kombu would let half a minute pass by then."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        return super().ensure_connection(*args, **({"interval_max": RECONNECT} | options))


class Queues(AMQP):
    Connection = Persistent


app = Celery("c8yadmin", amqp=Queues)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add("c8yadmin.jobs.execution.life:WorkerLife")
# The sweep never stands in line behind wake-ups: workers take from both queues in turn.
app.conf.task_queues = [Queue("celery"), Queue("sweep")]
app.conf.beat_schedule = {
    # A wake-up that nobody takes in time is replaced by the next one.
    "sweep": {
        "task": "c8yadmin.jobs.tasks.sweep",
        "schedule": 5.0,
        "options": {"expires": 10, "queue": "sweep"},
    },
    "purge": {"task": "accounts.purge", "schedule": 60.0, "options": {"expires": 60}},
    "purge-imports": {"task": "imports.purge", "schedule": 3600.0, "options": {"expires": 60}},
}
