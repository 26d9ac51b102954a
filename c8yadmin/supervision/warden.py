"""Ends the processes when the supervisor itself was killed, where the kernel does not do that.

Runs as a process of its own. It reads the process groups to end from its input, whose end means that the
supervisor is gone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys


class Warden:
    """The supervisor's side: the running process, and the pipe whose other end only the supervisor holds."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", __file__], stdin=subprocess.PIPE, start_new_session=True
        )

    def watch(self, group: int) -> None:
        """End the process group `group` when this process dies."""
        assert self._process.stdin is not None  # noqa: S101  # narrows the type
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(b"%d\n" % group)
            self._process.stdin.flush()

    def stop(self) -> None:
        """Let it go: everything has ended in good order."""
        self._process.kill()
        self._process.communicate()


def main() -> None:
    """Wait for the end of the input, then end the groups that it named."""
    for line in sys.stdin.readlines():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(int(line), signal.SIGKILL)


if __name__ == "__main__":
    main()
