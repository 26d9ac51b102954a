"""`python -m tests.bench.jobs CASE URL COUNT …`: what the job engine costs.

The tenant gives ready-made answers after 20 ms.

Cases: `work URL COUNT PROCESSES` runs a job that changes so many objects (a GET and a PUT each) in so many
worker processes; `calls URL COUNT` makes the same calls without the engine; `prepare URL COUNT` freezes so
many targets. The latter two, and each worker, are processes of their own. Jobs are in a new SQLite file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.canned import JITTER, LATENCY, STEADY
from tests.bench.objects import FIRST_ID
from tests.bench.processes import CLIENT, peak_memory, pin

THREADS = 20
CALLS = 2  # of one target: what it holds, and the change
PARAMS = {"fragments": {"my_Note": 1}}
Found = dict[str, float]


@contextmanager
def console(url: str) -> Iterator[dict[str, str]]:
    """The environment of a console with a database and a Redis of its own, whose only tenant is at `url`."""
    from c8yadmin.demo.redis import PrivateRedis

    with tempfile.TemporaryDirectory(prefix="c8yadmin-bench-") as name:
        redis = PrivateRedis.within(Path(name) / "redis")
        tenants = [{"slug": "acme", "base_url": url, "tenant_id": "acme"}]
        found = {
            "DJANGO_SETTINGS_MODULE": "c8yadmin.settings",
            "C8YADMIN_DATA_DIR": name,
            "C8YADMIN_LOG_LEVEL": "ERROR",
            "C8YADMIN_TENANTS": json.dumps(tenants),
            "DATABASE_URL": f"sqlite:///{name}/jobs.sqlite3",
            "REDIS_URL": redis.url,
        }
        os.environ.update(found)
        with subprocess.Popen(redis.command, stdout=subprocess.DEVNULL) as server:
            try:
                set_up()
                from django.core.management import call_command

                call_command("migrate", verbosity=0)
                yield found
            finally:
                server.kill()
                redis.remove()


def set_up() -> None:
    import django

    django.setup()


def submitted(user: str, spec: dict[str, Any]) -> Any:
    """A job on these targets, which starts as soon as it is prepared."""
    from c8yadmin.core.tenants import find
    from c8yadmin.jobs.orders.submission import Order, submit
    from c8yadmin.jobs.registry import find_action

    tenant, action = find("acme"), find_action("inventory.set")
    assert tenant is not None
    assert action is not None
    settings = {"parallel": THREADS}
    return submit(
        Order(tenant, credential(user), user, action, PARAMS, spec, autostart=True, settings=settings)
    )


def credential(user: str) -> Any:
    from c8yadmin.accounts.credentials import Credential, Secret

    return Credential("basic", "acme", user, Secret("secret"))


def some_ids(count: int) -> list[str]:
    return [str(FIRST_ID + number) for number in range(count)]


def spent() -> float:
    """The CPU seconds of this process and its threads."""
    return time.process_time()


def work(url: str, count: int, processes: int) -> Found:
    """Seconds from the first worker's start to the last one's end, and what the workers told."""
    with console(url):
        from c8yadmin.jobs import engine
        from c8yadmin.jobs.models import Job

        job = submitted(JITTER, {"ids": some_ids(count)})
        engine.work(job.pk, "preparer")
        command = [sys.executable, "-m", "tests.bench.jobs", "worker", str(job.pk)]
        workers = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(processes)
        ]
        for worker in workers:
            assert worker.stdout is not None
            worker.stdout.readline()  # it is ready
        began = time.perf_counter()
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        told = [json.loads(worker.communicate()[0]) for worker in workers]
        wall = time.perf_counter() - began
        job.refresh_from_db()
        if job.state != "COMPLETED" or Job.objects.count() != 1:
            raise SystemExit(f"the job is {job.state}: {job.problem}")
        ideal = count * CALLS * LATENCY / (THREADS * processes)
        cpu = sum(one["cpu"] for one in told)
        peak = max(one["rss"] for one in told)
        return {"wall": wall, "times": wall / ideal, "cpu": cpu / count * 1000, "rss": peak}


def worker(job_id: str) -> Found:
    """Turn after turn until the job is over, as a worker's child does it."""
    import uuid

    set_up()
    from c8yadmin.jobs import engine, tasks
    from c8yadmin.jobs.models import Job

    assert tasks
    id = uuid.UUID(job_id)
    Job.objects.get(pk=id)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    cpu = spent()
    while not Job.objects.get(pk=id).is_terminal:
        if not engine.work(id, f"worker {os.getpid()}"):
            time.sleep(0.01)
    return {"cpu": spent() - cpu, "rss": peak_memory()}


def calls(url: str, count: int) -> Found:
    """CPU milliseconds of the calls that one target costs, and how long many take in as many threads, without
    the engine: what is slow there is the machine."""
    with console(url):
        from django.utils import timezone

        from c8yadmin.accounts.clients import client_for
        from c8yadmin.core.tenants import find
        from c8yadmin.jobs.execution.slot import CALLS as LIMITS
        from c8yadmin.jobs.registry import Occasion, find_action

        tenant, action = find("acme"), find_action("inventory.set")
        assert tenant is not None
        assert action is not None

        def call(id: str) -> None:
            action.perform(client, id, PARAMS, Occasion("job", JITTER, timezone.now()))

        with client_for(tenant, credential(JITTER), **LIMITS) as client, ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(call, some_ids(200)))  # connections are open then
            began, cpu = time.perf_counter(), spent()
            list(pool.map(call, some_ids(count)))
            wall = time.perf_counter() - began
            ideal = count * CALLS * LATENCY / THREADS
            return {"cpu": (spent() - cpu) / count * 1000, "times": wall / ideal}


def prepare(url: str, count: int) -> Found:
    """Seconds to freeze so many targets, and the process's memory after a tenth of them and at the end."""
    with console(url):
        from c8yadmin.jobs import engine
        from c8yadmin.jobs.execution import preparation

        job = submitted(STEADY, {"query": f"my_Number lt {count}"})
        seen: list[float] = []
        told = preparation.news.tell

        def tell(job: Any, **kwargs: Any) -> None:
            seen.append(peak_memory())
            told(job, **kwargs)

        preparation.news.tell = tell
        began, cpu = time.perf_counter(), spent()
        while job.state == "PREPARING" and engine.work(job.pk, "preparer"):  # turn after turn
            job.refresh_from_db()
        found = {"wall": time.perf_counter() - began, "cpu": spent() - cpu, "rss": peak_memory()}
        if job.total != count:
            raise SystemExit(f"{job.total} instead of {count}: {job.state} {job.problem}")
        return found | {"tenth": seen[len(seen) // 10]}


def main() -> None:
    """Run the case of the command line and print what it found."""
    case, *words = sys.argv[1:]
    if case != "worker" and words[2:] in ([], ["1"]):  # several workers need both cores
        pin(CLIENT)
    if case == "worker":
        found = worker(*words)
    elif case == "work":
        found = work(words[0], int(words[1]), int(words[2]))
    else:
        found = {"calls": calls, "prepare": prepare}[case](words[0], int(words[1]))
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
