"""What Celery runs. Arguments are keywords, and later ones are ignored: old workers meet new messages."""

from __future__ import annotations

import logging
import os
import socket
import uuid
from typing import Any

from celery import shared_task

from c8yadmin.jobs.engine import serve
from c8yadmin.jobs.execution.heartbeats import SWEEP, beat
from c8yadmin.jobs.execution.sweeper import sweep as sweep_all
from c8yadmin.jobs.execution.wakeups import heard

log = logging.getLogger(__name__)


@shared_task(name="c8yadmin.jobs.tasks.work")
def work(*, job_id: object = None, **_later: Any) -> None:
    heard()
    try:
        wanted = uuid.UUID(str(job_id))
    except ValueError:
        log.warning("a wake-up names no job: %.50r", job_id)
        return
    serve(wanted, _worker())


@shared_task(name="c8yadmin.jobs.tasks.sweep")
def sweep(**_later: Any) -> None:
    heard()
    beat("sweep", SWEEP)
    sweep_all()


def _worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
