"""Python runs this first in every process whose PYTHONPATH names this folder: a sandbox that one of them runs
writes down what it answers, for `tests.contract.recorded` to check. It knows of no test tools, so that those
processes are as quick as ever.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

APPLICATION = "sdk.sandbox.application"
MOST_OF_A_KIND = 100
"""So many answers of one operation and status; a living tenant gives the same again and again."""
HEADERS = ("accept", "content-type", "user-agent", "x-cumulocity-processing-mode")


class Recorder:
    """Writes one line of JSON for each answer into `file`, which several processes may share."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._seen: Counter[tuple[str, str, int]] = Counter()

    def watch(self, module: ModuleType) -> None:
        """Note what the applications of the module answer, where no fault has touched it."""
        handle = module.Application._handle

        def handle_and_note(application: Any, visit: Any, faults: list[Any]) -> Any:
            answer = handle(application, visit, faults)
            if not faults:
                self._note(visit, answer)
            return answer

        module.Application._handle = handle_and_note  # type: ignore[attr-defined]

    def _note(self, visit: Any, answer: Any) -> None:
        if answer.later is None:
            self._write(visit, answer, answer.encoded())
            return
        later: Callable[[float | None], Any] = answer.later

        def later_and_note(patience: float | None) -> Any:
            answer.body = later(patience)
            self._write(visit, answer, answer.encoded())
            return answer.body

        answer.later = later_and_note

    def _write(self, visit: Any, answer: Any, body: bytes) -> None:
        kind = visit.method, re.sub(r"\d+", "0", visit.path), answer.status
        self._seen[kind] += 1
        if self._seen[kind] > MOST_OF_A_KIND:
            return
        headers = {name: visit.headers[name] for name in HEADERS if name in visit.headers}
        asked = [visit.method, visit.path, visit.query, headers, base64.b64encode(visit.body).decode()]
        told = [answer.status, answer.media, base64.b64encode(body).decode()]
        with open(self._file, "a") as file:  # noqa: PTH123 - one write, so that lines stay whole
            file.write(json.dumps([asked, told]) + "\n")


class Finder(MetaPathFinder):
    """Lets the recorder watch the application as soon as it is imported."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        if name != APPLICATION:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_watch(module: ModuleType) -> None:
            execute(module)
            self._recorder.watch(module)

        spec.loader.exec_module = execute_and_watch  # type: ignore[method-assign]
        return spec


if "SANDBOX_ANSWERS" in os.environ:
    sys.meta_path.insert(0, Finder(Recorder(os.environ["SANDBOX_ANSWERS"])))
