"""The fake action of the jobs' own tests, and a look at the invariants after every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from c8yadmin.jobs import engine
from c8yadmin.jobs.audit import audit
from c8yadmin.jobs.models import Job
from tests.jobs.conftest import credential, ledger, make_job, no_workers, shop

__all__ = ["credential", "ledger", "make_job", "no_workers", "shop"]


@pytest.fixture(autouse=True)
def invariants(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test does to the engine, afterwards I1 to I9 hold; `breaks` marks tests of the audit."""
    stored = "db" in request.fixturenames or request.node.get_closest_marker("django_db") is not None
    if stored:
        request.getfixturevalue("transactional_db" if "transactional_db" in request.fixturenames else "db")
    yield
    marked = "breaks" in request.keywords or "slow" in request.keywords
    if stored and not marked and connection.connection is not None:
        assert [str(breach) for breach in audit()] == []


@pytest.fixture
def prepared(make_job: Callable[..., Job], no_workers: None) -> Callable[..., Job]:
    """A job with frozen targets that waits for workers: `prepared(1200)`."""

    def make(n: int, **order: Any) -> Job:
        job = make_job(n, autostart=True, **order)
        assert engine.work(job.pk, "preparer")
        job.refresh_from_db()
        return job

    return make
