"""The inventory's query language: `$filter=… $orderby=…`, compiled to a predicate, candidate ids and sort
keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from sdk.sandbox.conditions import OPERATORS, Condition, comparison, values, wrong

Key = tuple[str, bool]
"""A sort key: path, and whether it descends."""

STANDARD = frozenset((
    "id", "type", "name", "self", "lastUpdated", "owner", "creationTime", "supportedMeasurements",
    "childAssets", "childDevices", "childAdditions", "externalIds",
))  # fmt: skip
_TOKEN = re.compile(r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<mark>[(),])|(?P<word>[^\s(),']+))")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?[fdFD]|-?\d+[lL]?")
# Clients write `)+$orderby=` and encode it, so that the plus stays a plus.
_CLAUSE = re.compile(r"'(?:[^']|'')*'|\+?\$(filter|orderby)\s*=", re.IGNORECASE)
# The official web client puts backslashes before brackets.
_ESCAPED = re.compile(r"''|\\[\\(){}\[\]]")
_CONNECTIVES = ("and", "or", "not")
_FUNCTIONS = ("has", "hasany", "bygroupid", "isinhierarchyof")


class Surroundings(Protocol):
    """What the functions of the language need to know of the inventory."""

    def members(self, group: str) -> Iterable[str]: ...

    def hierarchy(self, root: str) -> Iterable[str]: ...


@dataclass(slots=True)
class Query:
    condition: Condition | None
    order: list[Key]


def parse(text: str, around: Surroundings) -> Query:
    """Compile a query; a wrong one is refused with 422, as the platform does."""
    clauses = _clauses(text)
    condition = _Parser(clauses["filter"], around).parse() if clauses["filter"].strip() else None
    return Query(condition, _order(clauses["orderby"]))


def _clauses(text: str) -> dict[str, str]:
    """Split into the filter and the order; a text without `$` clauses is a filter."""
    marks = [match for match in _CLAUSE.finditer(text) if match.group(1)]
    clauses = {"filter": "", "orderby": ""}
    if not marks or text[: marks[0].start()].strip():
        clauses["filter"] = text[: marks[0].start()] if marks else text
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=False):
        name = mark.group(1).lower()
        if clauses[name].strip():
            raise wrong(f"${name} is given twice")
        clauses[name] = text[mark.end() : end]
    return clauses


def _order(text: str) -> list[Key]:
    keys = []
    for part in text.split(",") if text.strip() else ():
        words = part.split()
        if not 1 <= len(words) <= 2 or (words[1:] and words[1].lower() not in ("asc", "desc")):
            raise wrong(f"'{part.strip()}' is not a sort key")
        keys.append((words[0], words[1:] != [] and words[1].lower() == "desc"))
    return keys


class _Parser:
    """Recursive descent: or > and > not > (group) | function | comparison."""

    def __init__(self, text: str, around: Surroundings) -> None:
        self._around = around
        self._tokens = list(_tokens(text))
        self._at = 0

    def parse(self) -> Condition:
        condition = self._either()
        if self._at < len(self._tokens):
            raise wrong(f"unexpected '{self._tokens[self._at][1]}'")
        return condition

    def _peek(self) -> str:
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")
        return text if kind != "string" else "'"

    def _next(self, what: str) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise wrong(f"expected {what} at the end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _skip(self, mark: str) -> None:
        if self._next(f"'{mark}'")[1] != mark:
            raise wrong(f"expected '{mark}' instead of '{self._tokens[self._at - 1][1]}'")

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._peek().lower() == "or":
            self._at += 1
            parts.append(self._both())
        if len(parts) == 1:
            return parts[0]
        tests = [part.test for part in parts]
        return Condition(lambda document: any(test(document) for test in tests))

    def _both(self) -> Condition:
        parts = [self._negated()]
        while self._peek().lower() == "and":
            self._at += 1
            parts.append(self._negated())
        if len(parts) == 1:
            return parts[0]
        tests = [part.test for part in parts]
        narrow = [step for part in parts for step in part.narrow]
        exact = all(part.exact for part in parts)
        return Condition(lambda document: all(test(document) for test in tests), narrow, exact)

    def _negated(self) -> Condition:
        if self._peek().lower() == "not":
            self._at += 1
            test = self._negated().test
            return Condition(lambda document: not test(document))
        if self._peek() == "(":
            self._at += 1
            condition = self._either()
            self._skip(")")
            return condition
        return self._simple()

    def _simple(self) -> Condition:
        kind, word = self._next("a condition")
        if kind != "word":
            raise wrong(f"expected a property instead of {word}")
        if self._peek() == "(" and word.lower() in _FUNCTIONS:
            return self._function(word.lower())
        if self._peek().lower() not in OPERATORS:
            raise wrong(f"expected eq, gt, ge, lt or le after '{word}' instead of '{self._peek()}'")
        return comparison(word, self._next("an operator")[1].lower(), self._value())

    def _function(self, name: str) -> Condition:
        self._skip("(")
        arguments = [self._next("an argument")[1].strip("'")]
        while self._peek() == ",":
            self._at += 1
            arguments.append(self._next("an argument")[1].strip("'"))
        self._skip(")")
        if name == "has" and len(arguments) != 1:
            raise wrong("has() takes one argument")
        return self._has(arguments) if name.startswith("has") else self._within(name, arguments)

    def _has(self, paths: list[str]) -> Condition:
        for path in paths:
            if path in STANDARD:
                raise wrong(f"has() knows fragments only, '{path}' is a standard property")
        if len(paths) == 1 and "." not in paths[0]:
            path = paths[0]
            narrow: list[tuple[str, Any]] = [("fragment", path)]
            return Condition(lambda document: path in document, narrow, exact=True)
        return Condition(lambda document: any(True for path in paths for _ in values(document, path)))

    def _within(self, name: str, roots: list[str]) -> Condition:
        reach = self._around.members if name == "bygroupid" else self._around.hierarchy
        ids = {member for root in roots for member in reach(root)}
        return Condition(lambda document: document["id"] in ids, [("ids", ids)], exact=True)

    def _value(self) -> Any:
        kind, text = self._next("a value")
        if kind == "string":
            return _ESCAPED.sub(lambda found: found.group()[1], text[1:-1])
        if text.lower() in ("null", "true", "false"):
            return {"null": None, "true": True, "false": False}[text.lower()]
        if _NUMBER.fullmatch(text):
            return float(text.rstrip("fdFD")) if text[-1] in "fdFD" else int(text.rstrip("lL"))
        if kind != "word" or text.lower() in _CONNECTIVES:
            raise wrong(f"expected a value instead of '{text}'")
        return text  # a single word needs no quotes; a decimal without suffix is compared as a text


def _tokens(text: str) -> Iterable[tuple[str, str]]:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if not match:
            raise wrong(f"cannot read '{text[position:].strip()[:40]}'")
        position = match.end()
        yield str(match.lastgroup), match.group(str(match.lastgroup))
