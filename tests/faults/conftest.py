"""The fake action of the jobs' own tests, and the fleet of those of real processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from c8yadmin.jobs import engine
from c8yadmin.jobs.models import Job
from tests.faults.fleets import fleet, noted, traffic
from tests.jobs.conftest import credential, ledger, make_job, no_workers, shop

__all__ = ["credential", "fleet", "ledger", "make_job", "no_workers", "noted", "shop", "traffic"]


@pytest.fixture
def prepared(make_job: Callable[..., Job], no_workers: None) -> Callable[..., Job]:
    """A job with frozen targets that waits for workers: `prepared(1200)`."""

    def make(n: int, **order: Any) -> Job:
        job = make_job(n, autostart=True, **order)
        assert engine.work(job.pk, "preparer")
        job.refresh_from_db()
        return job

    return make
