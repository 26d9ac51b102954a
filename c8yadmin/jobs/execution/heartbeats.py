"""Signs of life of the processes behind the pages, each given by the process itself (see life)."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import Error

from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.models import Heartbeat

log = logging.getLogger(__name__)
FORGET = timedelta(hours=1)

# A sweep tells that a message of the beat has reached a worker.
WORKER, BEAT, SWEEP = "worker", "beat", "sweep"


def beat(name: str, kind: str) -> None:
    """`name`, a process of this kind, is alive now; those silent for an hour are forgotten.

    Never raises for a database that does not answer, and tries only once: the next sign is soon due.
    """
    try:
        now = clock()
        Heartbeat.objects.update_or_create(name=name[:255], defaults={"kind": kind, "at": now})
        Heartbeat.objects.filter(at__lt=now - FORGET).delete()
    except Error as error:
        log.warning("no sign of life written: %s", type(error).__name__)


def farewell(name: str) -> None:
    """A process that ends as it should is not missed."""
    try:
        Heartbeat.objects.filter(name=name[:255]).delete()
    except Error as error:
        log.warning("no farewell written: %s", type(error).__name__)
