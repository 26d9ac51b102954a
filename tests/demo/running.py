"""A demo as its own process, in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from c8yadmin.demo.plan import free_port, healthy
from tests.contract.recorded import check, recording
from tests.processes import eventually


class Demo:
    """`manage.py demo`, started and ready."""

    def __init__(self, folder: Path, *options: str, **variables: str) -> None:
        self.folder = folder
        self.options = options
        self.variables = variables  # of the environment
        self.port = free_port()
        self.output = folder / "output.txt"
        self.answers = folder / "answers.jsonl"
        self.starts: list[float] = []  # seconds to the first page
        self.start()

    def start(self) -> None:
        before = time.monotonic()
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [*command(self.port), *self.options],
                env=environment(self.folder) | recording(self.answers) | self.variables,
                stdout=output,
                stderr=output,
            )
        eventually(self._answers, seconds=60)
        self.starts.append(time.monotonic() - before)
        eventually(lambda: "Ctrl-C stops it." in self.words())

    def words(self) -> str:
        """What it has printed."""
        return self.output.read_text()

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.words()
        return healthy(self.port)

    def parts(self) -> dict[int, str]:
        """All its processes, grandchildren too: process id and command line, environment included."""
        listed = subprocess.run(
            ["ps", "axeww", "-o", "pid=,command="], capture_output=True, text=True, check=True
        )
        lines = [line.split(maxsplit=1) for line in listed.stdout.splitlines() if str(self.folder) in line]
        return {int(pid): words for pid, words in lines if int(pid) != self.process.pid}

    def part(self, words: str) -> int | None:
        """The oldest process with `words` in its command line."""
        return min((pid for pid, command in self.parts().items() if words in command), default=None)

    @property
    def redis_url(self) -> str:
        return (self.folder / "redis.url").read_text()

    @property
    def sandbox_port(self) -> int:
        base_url: str = json.loads((self.folder / "sandbox.json").read_text())["base_url"]
        return int(base_url.rpartition(":")[2])

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Tell it to stop; its exit code. What its sandbox has answered until then must be as described."""
        self.process.send_signal(number)
        code = self.process.wait(30)
        check(self.answers)
        return code


def command(port: int) -> list[str]:
    return [sys.executable, "manage.py", "demo", "--port", str(port), "--devices", "50"]


def environment(folder: Path) -> dict[str, str]:
    """This process's, without what would lead the demo away from `folder`.

    The name of the running test goes too: it may hold the very words by which `part` finds a process.
    """
    astray = ("REDIS_URL", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTEST_CURRENT_TEST")
    kept = {name: value for name, value in os.environ.items() if name not in astray}
    return {**kept, "C8YADMIN_DATA_DIR": str(folder)}
