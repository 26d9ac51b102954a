"""The watch over sandboxes in processes of their own."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract import description
from tests.contract.recorded import check, problems_of, recording

ASKED = """
import requests
from sdk.sandbox import Sandbox
sandbox = Sandbox(devices=2)
session = requests.Session()
session.mount("http://acme.sandbox", sandbox.adapter())
session.auth = ("admin", sandbox.tenant("acme").passwords["admin"])
assert session.get("http://acme.sandbox/alarm/alarms").status_code == 200
poll = [{"channel": "/meta/handshake", "version": "1.0"}]
assert session.post("http://acme.sandbox/notification/realtime", json=poll).json()[0]["successful"]
sandbox.faults.add(status=200, body=b"wrong", times=1)
assert session.get("http://acme.sandbox/alarm/alarms").content == b"wrong"
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a sandbox in another process has answered."""
    description.require()
    file = tmp_path_factory.mktemp("recorded") / "answers.jsonl"
    subprocess.run([sys.executable, "-c", ASKED], env=os.environ | recording(file), check=True)
    return file


def test_what_another_process_answered_is_written_down_unless_a_fault_touched_it(answers: Path) -> None:
    told = [json.loads(line) for line in answers.read_text().splitlines()]
    assert [(asked[:2], answer[0]) for asked, answer in told] == [
        (["GET", "/alarm/alarms"], 200),
        (["POST", "/notification/realtime"], 200),
    ]
    assert b"alarms" in base64.b64decode(told[0][1][2])
    assert problems_of(answers) == []


def test_a_wrong_answer_of_another_process_is_seen(answers: Path, tmp_path: Path) -> None:
    asked, told = json.loads(answers.read_text().splitlines()[0])
    told[2] = base64.b64encode(b'{"alarms": [{"severity": "HORRIBLE"}]}').decode()
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text(json.dumps([asked, told]))
    with pytest.raises(AssertionError, match="'HORRIBLE' is not one of"):
        check(wrong)
