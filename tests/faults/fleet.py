"""Everything that a deployment consists of, as processes that may be killed, stopped and cut off."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from c8yadmin.demo.redis import PrivateRedis
from c8yadmin.supervision.parts import Part
from sdk.sandbox import Sandbox
from sdk.sandbox.server import Server

ROOT = Path(__file__).resolve().parents[2]
MANAGE = [sys.executable, str(ROOT / "manage.py")]
CELERY = [sys.executable, "-m", "celery", "-A", "c8yadmin.celery"]
WORKER = [*CELERY, "worker", "-c", "2", "-l", "WARNING", "--without-gossip", "--without-mingle", "-n"]


class Fleet:
    """Two workers ("machines" of two children each), a beat, a Redis, a web server and a sandbox tenant.

    `tick` brings back what has died, as whatever runs the processes in production does; what a test holds
    down stays down.
    """

    def __init__(self, folder: Path, sandbox: Sandbox, database_url: str, web_port: int = 0) -> None:
        self.folder, self.sandbox, self.web_port = folder, sandbox, web_port
        self.server = Server(sandbox).start()
        self.redis = PrivateRedis.within(folder / "redis")
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "c8yadmin.settings",
            "C8YADMIN_DATA_DIR": str(folder),
            "C8YADMIN_STATIC_ROOT": str(folder / "static"),
            "DATABASE_URL": database_url,
            "REDIS_URL": self.redis.url,
            "C8YADMIN_JOBS_PER_USER": "0",
            "C8YADMIN_TENANTS": json.dumps(
                [
                    {"slug": name, "base_url": self.server.base_url, "tenant_id": name}
                    for name in sandbox.credentials
                ]
            ),
            "C8Y_BASEURL": self.server.base_url,
            "C8Y_TENANT": "acme",
            "C8Y_USER": "admin",
            "C8Y_PASSWORD": sandbox.credentials["acme"]["admin"]["password"],
        }
        self.parts = {
            "redis": self._part("redis", self.redis.command),
            "one": self._part("one", [*WORKER, "one@fleet"]),
            "two": self._part("two", [*WORKER, "two@fleet"]),
            "beat": self._beat("beat"),
        }
        if web_port:
            serve = [*MANAGE, "serve", "--host", "127.0.0.1", "--port", str(web_port)]
            self.parts["web"] = self._part("web", serve)
        self.held: set[str] = set()
        self.falls = 0
        self._later: list[tuple[float, Callable[[], object]]] = []

    def _part(self, name: str, command: list[str]) -> Part:
        return Part(name, command, self.folder / f"{name}.log", self.environment, grace=25)

    def _beat(self, name: str) -> Part:
        return self._part(name, [*CELERY, "beat", "-s", str(self.folder / name), "--pidfile", ""])

    def double_beat(self) -> None:
        """Start a second beat beside the first."""
        self.parts["beat too"] = self._beat("beat too")
        self.release("beat too")

    def __enter__(self) -> Self:
        # With a web server also the browser's files.
        prepare = ["demo", "--prepare"] if "web" in self.parts else ["migrate", "--verbosity", "0"]
        self.manage(*prepare, check=True)
        for name in self.parts:
            self.release(name)
        return self

    def __exit__(self, *_: object) -> None:
        for part in self.parts.values():
            self.hold(part.name)
        self.server.close()
        self.redis.remove()

    @property
    def workers(self) -> list[str]:
        return ["one", "two"]

    def tick(self) -> None:
        """Start what died and is not held down, and do what was to be done later."""
        for name, part in self.parts.items():
            if part.process is not None and not part.running:
                part.fell()
                part.falls.clear()  # always back at once
                self.falls += 1
            if part.process is None and name not in self.held and time.monotonic() >= part.due:
                part.start()
        while due := next((entry for entry in self._later if entry[0] <= time.monotonic()), None):
            self._later.remove(due)
            due[1]()

    def later(self, seconds: float, work: Callable[[], object]) -> None:
        self._later.append((time.monotonic() + seconds, work))

    def until(self, holds: Callable[[], object], seconds: float) -> float:
        """Tick until `holds()`; the seconds it took. Fails after `seconds`."""
        began = time.monotonic()
        while not holds():
            assert time.monotonic() < began + seconds, f"still not true after {seconds} s"
            self.tick()
            time.sleep(0.1)
        return time.monotonic() - began

    def release(self, name: str) -> None:
        """Let the part run (again)."""
        self.held.discard(name)
        part = self.parts[name]
        if not part.running:
            part.start()
        if name == "redis":
            self.until(self.redis.answers, 30)

    def hold(self, name: str) -> None:
        """Kill the part and its children, and keep it down."""
        self.held.add(name)
        part = self.parts[name]
        if part.process is not None:
            self.signal(name, signal.SIGKILL)
            part.process.wait(30)
            part.fell()

    def empty_redis(self) -> None:
        """Redis dies and comes back with nothing in it."""
        self.hold("redis")
        shutil.rmtree(self.folder / "redis" / "appendonlydir", ignore_errors=True)
        for leftover in (self.folder / "redis").glob("*.aof"):
            leftover.unlink()
        self.release("redis")

    def children(self, name: str) -> list[int]:
        """The process ids of the part's children; none where it does not run."""
        part = self.parts[name]
        if part.process is None:
            return []
        listed = subprocess.run(
            ["pgrep", "-P", str(part.process.pid)], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in listed.stdout.split()]

    def kill_children(self) -> list[int]:
        """Kill the children of all workers at once; their process ids."""
        killed = [pid for name in self.workers for pid in self.children(name)]
        for pid in killed:
            kill(pid, signal.SIGKILL)
        return killed

    def kill_child(self, name: str) -> None:
        if children := self.children(name):
            kill(random.choice(children), signal.SIGKILL)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the part and all it has started."""
        part = self.parts[name]
        if part.process is not None and part.running:
            os.killpg(part.process.pid, number)

    def freeze(self, name: str, seconds: float) -> None:
        """Stop the part and its children like a machine without memory; they wake up later."""
        part = self.parts[name]
        if part.process is None:
            return
        group = part.process.pid
        self.signal(name, signal.SIGSTOP)

        def thaw() -> None:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGCONT)

        # Not by `tick`: whoever waits for the frozen one would wait for ever.
        timer = threading.Timer(seconds, thaw)
        timer.daemon = True
        timer.start()

    def manage(self, *words: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        """Run `manage.py` with the words, in the fleet's environment."""
        return subprocess.run(
            [*MANAGE, *words],
            env={**os.environ, **self.environment},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=check,
        )

    def python(self, text: str) -> Any:
        """What a few lines print as JSON, run like `manage.py shell` in the fleet's environment."""
        done = self.manage("shell", "-v", "0", "-c", text)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def job(self, *words: str) -> dict[str, Any]:
        """What `manage.py job … --json` prints."""
        done = self.manage("job", *words, "--json")
        assert done.stdout, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def kill(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may be gone by now."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
