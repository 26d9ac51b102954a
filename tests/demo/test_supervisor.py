"""The supervisor, with small programs for parts."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from c8yadmin.supervision.parts import Part
from c8yadmin.supervision.supervisor import Failed, Stopped, Supervisor, stoppable
from tests.processes import eventually


def part(folder: Path, script: str, **options: float) -> Part:
    return Part("part", ["sh", "-c", script], folder / "part.log", **options)


def running(pid: int) -> bool:
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout.strip()[:1] not in ("", "Z")


def test_a_part_that_keeps_dying_is_started_after_ever_longer_pauses(tmp_path: Path) -> None:
    dying = part(tmp_path, "exit 3")
    said = []
    for _ in range(6):
        dying.start()
        eventually(lambda: not dying.running)
        said.append(dying.fell())
    assert [words.split(" in ")[1].split(" (")[0] for words in said] == [
        "0.5 s",
        "1 s",
        "2 s",
        "4 s",
        "8 s",
        "8 s",
    ]
    assert "stopped with exit code 3" in said[0]
    assert str(dying.log) in said[0]


def test_what_a_part_has_started_ends_with_it(tmp_path: Path) -> None:
    parent = part(tmp_path, "sleep 60 & echo $!; wait")
    parent.start()
    eventually(lambda: parent.log.read_text().strip())
    grandchild = int(parent.log.read_text())
    assert running(grandchild)
    parent.stop()
    eventually(lambda: not running(grandchild))


def test_what_a_killed_part_leaves_behind_is_cleared_before_it_starts_again(tmp_path: Path) -> None:
    parent = part(tmp_path, "sleep 60 & echo $!; wait")
    parent.start()
    eventually(lambda: parent.log.read_text().strip())
    assert parent.process
    parent.process.kill()
    eventually(lambda: not parent.running)
    parent.fell()
    eventually(lambda: not running(int(parent.log.read_text())))


def test_a_part_that_will_not_end_is_ended_by_force(tmp_path: Path) -> None:
    stubborn = part(tmp_path, "trap '' TERM; echo ready; while true; do sleep 0.05; done", grace=0.2)
    stubborn.start()
    eventually(lambda: "ready" in stubborn.log.read_text())
    before = time.monotonic()
    stubborn.stop()
    assert time.monotonic() - before < 2
    assert not stubborn.running


def test_a_part_that_does_not_come_up_is_reported_with_its_last_words(tmp_path: Path) -> None:
    broken = part(tmp_path, "echo the disk is full; exit 1")
    broken.ready = lambda: False
    supervisor = Supervisor(lambda words: None)
    supervisor.start(broken)
    with pytest.raises(Failed, match=r"part did not start.\nthe disk is full"):
        supervisor.wait_for(broken)
    supervisor.stop()


def test_work_before_the_start_that_fails_is_reported_with_its_last_words(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda words: None)
    with pytest.raises(Failed, match=r"part failed.\nno such table"):
        supervisor.run_once(part(tmp_path, "echo no such table; exit 1"))
    assert supervisor.parts == []


def test_a_second_signal_does_not_cut_the_stopping_short() -> None:
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()
    with pytest.raises(Stopped):
        stop_slowly()


def stop_slowly() -> None:
    with stoppable():
        try:
            time.sleep(5)
        finally:
            os.kill(os.getpid(), signal.SIGINT)  # would raise KeyboardInterrupt
