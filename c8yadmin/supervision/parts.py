"""One process of several: how it starts, when it is ready, how it is brought back and how it ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds before a part that died is started again
FORGIVEN_AFTER = 60.0  # seconds


@dataclass
class Part:
    """A process that must run.

    It writes to `log`, or where the supervisor writes. `ready` tells when others may count on it; `grace` is
    how many seconds it has to end by itself; `keeps` are open files it takes over. It leads a process group
    of its own: Ctrl-C reaches the supervisor alone, and what it leaves behind is found.
    """

    name: str
    command: Sequence[str]
    log: Path | None
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] = lambda: True
    grace: float = 6.0
    keeps: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None
    falls: list[float] = field(default_factory=list)
    due: float = 0.0

    def start(self) -> None:
        """Start the process."""
        supervisor = os.getpid()

        def tie() -> None:
            _die_with(supervisor)

        with self.log.open("ab") if self.log else contextlib.nullcontext() as log:
            self.process = subprocess.Popen(  # noqa: S603
                self.command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self.keeps,
                start_new_session=True,
                preexec_fn=tie if _libc else None,
            )

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def fell(self) -> str:
        """Note that the process has died, and when it starts again; returns that as a sentence."""
        assert self.process is not None  # noqa: S101  # narrows the type
        self._kill_group()
        now = time.monotonic()
        self.falls = [fall for fall in self.falls if now - fall < FORGIVEN_AFTER] + [now]
        pause = min(FIRST_PAUSE * 2 ** (len(self.falls) - 1), LONGEST_PAUSE)
        self.due = now + pause
        end = _end(self.process.returncode)
        self.process = None
        told = f" (see {self.log})" if self.log else ""
        return f"{self.name} {end}; it starts again in {pause:g} s{told}"

    def stop(self) -> None:
        """End the process and all that it started: with SIGTERM, and after `grace` seconds by force."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.terminate()
            self.process.wait(self.grace)
        self._kill_group()
        self.process.wait()
        self.process = None

    def _kill_group(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: a group of the dead
                os.killpg(self.process.pid, signal.SIGKILL)


def _end(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"stopped with exit code {code}"


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with(supervisor: int) -> None:
    """Runs in the child before its program: whatever ends the supervisor, the kernel ends the child."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:
        os._exit(1)
