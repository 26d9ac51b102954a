"""The watch over all answers: what it sees, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from sdk.sandbox.application import Visit
from sdk.sandbox.call import Answer
from tests.contract import description
from tests.contract.watching import Exchange, Watch

ALARM = {"id": "1", "severity": "MAJOR", "status": "ACTIVE", "type": "t", "text": "x", "source": {"id": "1"}}


@pytest.fixture
def watch() -> Watch:
    description.require()
    return Watch()


def seen(
    watch: Watch, body: Any, path: str = "/alarm/alarms/1", status: int = 200, **headers: str
) -> list[str]:
    watch.note(Visit("GET", path, {}, headers, b"", ""), Answer(body, status, "alarm"))
    return watch.look()


def test_a_wrong_answer_is_named_with_its_operation_and_reason(watch: Watch) -> None:
    assert seen(watch, ALARM) == []
    (problem,) = seen(watch, ALARM | {"severity": "HORRIBLE"})
    assert problem.startswith("GET /alarm/alarms/1 200:")
    assert "'HORRIBLE' is not one of" in problem
    assert len(seen(watch, ALARM | {"severity": "HORRIBLE"})) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"severity": 5},
        {"status": ""},
        {"count": "3"},
        {"time": "soon"},
        {"source": "1"},
        {"self": 5},
    ],
)
def test_what_is_known_already_hides_nothing_wrong(watch: Watch, wrong: dict[str, Any]) -> None:
    for severity in ("MAJOR", "MINOR"):
        assert seen(watch, ALARM | {"severity": severity, "time": "2026-01-01T00:00:00Z", "count": 1}) == []
    assert len(seen(watch, ALARM | wrong)) == 1


def test_equal_answers_are_checked_once(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    check = Exchange.problems

    def counted(exchange: Exchange) -> list[str]:
        checked.append(exchange.path)
        return check(exchange)

    monkeypatch.setattr(Exchange, "problems", counted)
    for number in ("1", "2", "3"):
        assert seen(watch, ALARM | {"id": number}, f"/alarm/alarms/{number}") == []
    assert checked == ["/alarm/alarms/1"]


def test_statuses_and_paths_that_are_not_described_are_seen(watch: Watch) -> None:
    assert len(seen(watch, ALARM, status=203)) == 1
    assert len(seen(watch, ALARM, "/alarm/nothing")) == 1
    assert seen(watch, {"error": "general/notFound", "message": ""}, "/alarm/nothing", 404) == []


def test_an_empty_answer_needs_a_client_that_did_not_ask(watch: Watch) -> None:
    assert seen(watch, None) == []
    assert len(seen(watch, None, accept="application/json")) == 1
