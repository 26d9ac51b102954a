"""What Celery runs. Arguments are keywords, and later ones are ignored: old workers meet new messages."""

from __future__ import annotations

import os
import socket
import uuid
from typing import Any

from celery import shared_task

from c8yadmin.jobs.engine import work as work_at
from c8yadmin.jobs.heartbeats import beat
from c8yadmin.jobs.sweeper import sweep as sweep_all


@shared_task(name="c8yadmin.jobs.tasks.work")
def work(*, job_id: str, **_later: Any) -> None:
    work_at(uuid.UUID(job_id), _worker())


@shared_task(name="c8yadmin.jobs.tasks.sweep")
def sweep(**_later: Any) -> None:
    beat("beat", "beat")
    beat(_worker(), "worker")
    sweep_all()


def _worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
