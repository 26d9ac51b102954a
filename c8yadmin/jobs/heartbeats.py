"""Signs of life of the processes behind the pages."""

from __future__ import annotations

from datetime import timedelta

from c8yadmin.jobs.database import clock, retry_db
from c8yadmin.jobs.models import Heartbeat

FORGET = timedelta(hours=1)


def beat(name: str, kind: str) -> None:
    """`name`, a worker process or the beat, is alive now; those silent for an hour are forgotten."""
    now = retry_db(clock)
    retry_db(Heartbeat.objects.update_or_create, name=name[:255], defaults={"kind": kind, "at": now})
    retry_db(Heartbeat.objects.filter(at__lt=now - FORGET).delete)
