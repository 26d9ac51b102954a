"""Checks every answer that a sandbox gives within the suite against the vendor's description, and every
request of our own SDK that was accepted.

Checking costs milliseconds, so an answer is checked only when it tells something new about its operation: a
status, a media type, or an object with properties, kinds of values or words of an enumeration that were not
seen there yet. Answers that a fault has touched are left alone, and tests that put into the sandbox what no
tenant is described to hold say so: `@pytest.mark.undescribed("the reason")`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from requests import Request, Response

from sdk.rest.client import USER_AGENT
from sdk.sandbox.application import Application, Visit
from sdk.sandbox.call import Answer
from sdk.sandbox.faults import Fault
from tests.contract import description

Facts = set[tuple[Any, ...]]

OUR_SDK = USER_AGENT
_OF_CONNECTION = ("host", "content-length", "transfer-encoding", "x-http-method")
_NAMED_BY_NUMBER = re.compile(r"[^/]*\d[^/]*")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)")


@dataclass(frozen=True, slots=True)
class Exchange:
    """An answer, and what it answers; `asked` is the request where that is to be checked, too."""

    method: str
    path: str
    status: int
    media: str
    body: bytes
    asked: Visit | None = None

    @property
    def operation(self) -> tuple[str, ...]:
        """What all exchanges of one operation have in common; ids stand for one another."""
        return self.method, _NAMED_BY_NUMBER.sub("0", self.path), str(self.status), self.media

    def problems(self) -> list[str]:
        response = Response()
        response.status_code, response._content = self.status, self.body
        if self.body:
            response.headers["Content-Type"] = self.media
        response.request = self._request().prepare()
        return (description.problems_of if self.asked else description.problems_of_answer)(response)

    def _request(self) -> Request:
        address = description.SERVER + self.path
        if self.asked is None:
            return Request(self.method, address)
        headers = {name: text for name, text in self.asked.headers.items() if name not in _OF_CONNECTION}
        return Request(self.method, address, headers, params=self.asked.query, data=self.asked.body)


class Watch:
    """The answers since the last look, and what is known of their operations."""

    def __init__(self) -> None:
        self._answers: list[tuple[Visit, Answer]] = []
        self._known: Facts = set()

    def note(self, visit: Visit, answer: Answer) -> None:
        self._answers.append((visit, answer))

    def look(self) -> list[str]:
        """What was wrong in the answers since the last look."""
        answers, self._answers = self._answers, []
        exchanges = [_exchange(*both) for both in answers if not _says_nothing(*both)]
        return [problem for exchange in exchanges for problem in self._problems(exchange)]

    def _problems(self, exchange: Exchange) -> list[str]:
        told = {(*exchange.operation, *fact) for fact in _facts_of(exchange)}
        if told <= self._known:
            return []
        problems = exchange.problems()
        if not problems:
            self._known |= told
        return problems


def _says_nothing(visit: Visit, answer: Answer) -> bool:
    """Whether there is nothing to check: a change without `Accept` is answered without a body, as the chapter
    on the use of REST tells and no operation declares; a poll may have been given up; that something is no
    resource says the description, too.
    """
    unasked = not answer.body and (answer.later is not None or "accept" not in visit.headers)
    return unasked or (answer.status in (404, 405) and not _is_described(visit.method, visit.path))


@cache
def _templates() -> list[tuple[re.Pattern[str], frozenset[str]]]:
    """The paths of the description, and the methods that they know."""
    return [
        (re.compile(re.sub(r"\{[^/]+?\}", "[^/]+", path)), frozenset(known))
        for path, known in description.load()["paths"].items()
    ]


def _is_described(method: str, path: str) -> bool:
    return any(method.lower() in known and template.fullmatch(path) for template, known in _templates())


def _exchange(visit: Visit, answer: Answer) -> Exchange:
    body = answer.encoded()
    media = answer.content_type() if body else ""
    ours = visit.headers.get("user-agent") == OUR_SDK and answer.status < 400
    return Exchange(visit.method, visit.path, answer.status, media, body, visit if ours else None)


def _facts_of(exchange: Exchange) -> Facts:
    facts: Facts = {()}
    if "json" in exchange.media:
        _collect(json.loads(exchange.body), "", facts)
    if exchange.asked:
        facts |= _facts_asked(exchange.asked)
    return facts


def _facts_asked(asked: Visit) -> Facts:
    """What a request says: its parameters and headers, and its body."""
    facts: Facts = {("?", frozenset((name, _kind(one)) for name, all in asked.query.items() for one in all))}
    facts.add(
        ("headers", frozenset(asked.headers), asked.headers.get("content-type"), asked.headers.get("accept"))
    )
    if "json" in asked.headers.get("content-type", ""):
        _collect(json.loads(asked.body), "body", facts)
    return facts


def _collect(value: Any, place: str, facts: Facts) -> None:
    """Add what is said at `place` and below: properties of one object together, elements of a list alike."""
    if isinstance(value, dict):
        facts.add((place, frozenset((name, _kind(inner)) for name, inner in value.items())))
        for name, inner in value.items():
            if isinstance(inner, dict | list):
                _collect(inner, f"{place}/{name}", facts)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, f"{place}/*", facts)
    else:
        facts.add((place, _kind(value)))


def _kind(value: Any) -> str:
    """What the description can tell apart: types, the sign of numbers, times, and words of enumerations."""
    if isinstance(value, str):
        return value if value in _words() else "time" if _TIME.fullmatch(value) else "text" if value else ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{type(value).__name__}{'-' if value < 0 else '+'}"
    return type(value).__name__


@cache
def _words() -> frozenset[str]:
    """The words of all enumerations of the description."""
    return frozenset(_enumerated(description.load()))


def _enumerated(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        words = node.get("enum")
        yield from (word for word in (words if isinstance(words, list) else ()) if isinstance(word, str))
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _enumerated(inner)


@pytest.fixture(scope="session")
def watched_answers() -> Iterator[Watch | None]:
    """What goes through every sandbox of this process; None without a description."""
    if not description.file().is_file():
        yield None
        return
    watch, handle = Watch(), Application._handle

    def handle_and_note(self: Application, visit: Visit, faults: list[Fault]) -> Answer:
        answer = handle(self, visit, faults)
        if not faults:
            watch.note(visit, answer)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Application, "_handle", handle_and_note)
        yield watch


@pytest.fixture(autouse=True)
def described_answers(request: pytest.FixtureRequest, watched_answers: Watch | None) -> Iterator[None]:
    """Fails the test whose sandbox answered what the vendor's description does not allow."""
    yield
    problems = watched_answers.look() if watched_answers else []
    if request.node.get_closest_marker("undescribed") is None:
        assert not problems, "Not as the vendor describes it:\n" + "\n".join(problems)


def pytest_configure(config: pytest.Config) -> None:
    words = "undescribed(reason): puts into the sandbox what no tenant is described to hold"
    config.addinivalue_line("markers", words)


def pytest_report_header() -> str:
    known = description.file().is_file()
    return (
        f"sandbox answers: {'checked against' if known else 'NOT CHECKED, there is no'} {description.file()}"
    )
