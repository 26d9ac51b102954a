"""Sandboxes in processes of their own: what they answered is checked once they have ended."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from sdk.sandbox.application import Visit
from sdk.sandbox.call import Answer
from tests.contract import description
from tests.contract.watching import Watch

RECORDER = Path(__file__).parent / "recorder"


def recording(file: Path) -> dict[str, str]:
    """The environment in which sandboxes write down what they answer; add it to a process's own."""
    places = [str(RECORDER), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, places)), "SANDBOX_ANSWERS": str(file)}


def check(file: Path) -> None:
    """Fails where a recorded answer, or an accepted request of our SDK, is not as the vendor describes it."""
    problems = problems_of(file)
    assert not problems, "Not as the vendor describes it:\n" + "\n".join(problems)


def problems_of(file: Path) -> list[str]:
    """What is wrong in the recorded answers; nothing where there were none."""
    if not description.file().is_file() or not file.exists():
        return []
    watch = Watch()
    for asked, told in map(json.loads, file.read_text().splitlines()):
        method, path, query, headers, body = asked
        status, media, answer = told
        visit = Visit(method, path, query, headers, base64.b64decode(body), "")
        watch.note(visit, Answer(base64.b64decode(answer) or None, status, media))
    return watch.look()
