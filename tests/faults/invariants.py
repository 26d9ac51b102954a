"""After each test of a fault all invariants hold; registered as a plugin by `tests/conftest.py`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from c8yadmin.jobs.execution.audit import audit


@pytest.fixture(autouse=True)
def invariants(request: pytest.FixtureRequest) -> Iterator[None]:
    """Audits the test's database; `breaks` marks tests of the audit, and `slow` ones have a database of
    their processes' own, which they audit themselves."""
    node = request.node
    stored = "db" in request.fixturenames or node.get_closest_marker("django_db") is not None
    concerned = node.get_closest_marker("fault") or node.nodeid.startswith("tests/faults/")
    if not stored or not concerned or any(map(node.get_closest_marker, ("breaks", "slow"))):
        yield
        return
    request.getfixturevalue("transactional_db" if "transactional_db" in request.fixturenames else "db")
    yield
    if connection.connection is not None:
        assert [str(breach) for breach in audit()] == []
