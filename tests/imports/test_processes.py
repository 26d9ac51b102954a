"""The real thing: a process that imports, killed with `kill -9` in the middle of its work."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from sdk import BasicAuth, CumulocityClient
from tests.jobs.test_processes import environment, job, kill, process, tenant  # noqa: F401  # two are fixtures
from tests.processes import eventually

# Where the tests run on PostgreSQL, the other processes use the same database, so the test must not hide in a
# transaction of its own.
pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 600


@pytest.fixture
def made(tenant: dict[str, str]) -> Callable[[], Counter[str]]:  # noqa: F811
    """How often each row's object was created."""
    auth = BasicAuth(tenant["C8Y_USER"], tenant["C8Y_PASSWORD"])
    client = CumulocityClient(tenant["C8Y_BASEURL"], tenant["C8Y_TENANT"], auth)
    found = client.inventory.where(query="has(c8yadmin_Import)")
    return lambda: Counter(str(name) for (name,) in found.values("name"))


@pytest.mark.slow
@pytest.mark.parametrize("told", [True, False], ids=["told", "marked"])
def test_after_kill_9_another_process_imports_what_is_left_and_nothing_twice(
    environment: dict[str, str],  # noqa: F811
    made: Callable[[], Counter[str]],
    tmp_path: Path,
    told: bool,
) -> None:
    file = tmp_path / "devices.csv"
    rows = (f"SN-{n},Made {n}\n" if told else f"Made {n}\n" for n in range(ROWS))
    file.write_text("".join([("serial,name\n" if told else "name\n"), *rows]))
    command = ["import", "inventory", str(file), "--idem-key", "once", "--wait"]
    with process(["manage", "job", *command], environment, tmp_path / "first.log") as first:
        eventually(lambda: made().total() > 100, 30)
        kill(first)
    assert 100 < made().total() < ROWS
    found = job(environment, *command)
    assert (found["state"], found["total"], found["ok"]) == ("COMPLETED", ROWS, ROWS), json.dumps(found)
    assert made() == Counter(f"Made {n}" for n in range(ROWS))
