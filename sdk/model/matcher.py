"""Conditions that are checked here, on what the tenant sent: for what it cannot filter by itself."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import jmespath
from jmespath.exceptions import JMESPathError

from sdk.model import display_filter
from sdk.model.display_filter import ExpressionError
from sdk.model.optional import library

Mode = Literal["LIKE", "REGEX"]


class JsonMatcher:
    """A condition on a document. Derive from it and write ``matches`` for conditions of your own.

    Matchers combine: ``one & other``, ``one | other``, ``~one``.

    Args:
        expression: what the condition says, for people.
    """

    def __init__(self, expression: str) -> None:
        self.expression = expression

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.expression!r})"

    def matches(self, json: Mapping[str, Any]) -> bool:
        """Whether a document meets the condition."""
        raise NotImplementedError

    def safe_matches(self, json: Mapping[str, Any]) -> bool:
        """The same, and False where the condition cannot be applied to the document."""
        try:
            return self.matches(json)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return False

    def __and__(self, other: str | JsonMatcher) -> AllMatcher:
        return AllMatcher(self, other)

    def __or__(self, other: str | JsonMatcher) -> AnyMatcher:
        return AnyMatcher(self, other)

    def __invert__(self) -> NotMatcher:
        return NotMatcher(self)


class PydfMatcher(JsonMatcher):
    """A display filter such as ``name contains "pump" and c8y_Hardware.model in {"A", "B"}``.

    A path alone asks whether there is such a field. A comparison is met by a field that is there: use
    ``not name == "x"`` to keep those without a name. Texts without blanks need no quotes.

    Raises:
        ExpressionError: when the text is no display filter, saying where.
    """

    def __init__(self, expression: str) -> None:
        super().__init__(expression)
        self._condition = display_filter.parsed(expression)

    def matches(self, json: Mapping[str, Any]) -> bool:
        return self._condition(json)


class JmesPathMatcher(JsonMatcher):
    """A JMESPath expression; it matches where its result is true in the sense of JMESPath.

    Raises:
        ExpressionError: when the text is none, saying where.
    """

    def __init__(self, expression: str) -> None:
        super().__init__(expression)
        try:
            self._search = jmespath.compile(expression).search
        except JMESPathError as problem:
            position = (getattr(problem, "lex_position", 0) or 0) + 1
            raise ExpressionError("This is no JMESPath", expression, position) from problem

    def matches(self, json: Mapping[str, Any]) -> bool:
        found = self._search(json)
        # Empty texts, lists and objects are false there, a zero is not.
        return found is not None and found is not False and found not in ("", [], {})

    def safe_matches(self, json: Mapping[str, Any]) -> bool:
        try:
            return self.matches(json)
        except JMESPathError:
            return False


class JsonPathMatcher(JsonMatcher):
    """A JSONPath expression such as ``$.c8y_Hardware[?(@.model == "A")]``; it matches where it finds a value.

    Raises:
        ExpressionError: when the text is none.
        ImportError: when the package jsonpath-ng is not installed.
    """

    def __init__(self, expression: str) -> None:
        super().__init__(expression)
        parse = library("jsonpath_ng.ext", "jsonpath-ng").parse
        try:
            self._find = parse(expression).find
        except Exception as problem:  # its parsers raise errors of many kinds
            raise ExpressionError("This is no JSONPath", expression, 1) from problem

    def matches(self, json: Mapping[str, Any]) -> bool:
        return bool(self._find(json))


class AllMatcher(JsonMatcher):
    """Where all of some conditions are met; a text is a display filter."""

    def __init__(self, *matchers: str | JsonMatcher) -> None:
        self._matchers = [_matcher(one) for one in matchers]
        super().__init__(" and ".join(f"({one.expression})" for one in self._matchers))

    def matches(self, json: Mapping[str, Any]) -> bool:
        return all(one.matches(json) for one in self._matchers)


class AnyMatcher(JsonMatcher):
    """Where any of some conditions is met; a text is a display filter."""

    def __init__(self, *matchers: str | JsonMatcher) -> None:
        self._matchers = [_matcher(one) for one in matchers]
        super().__init__(" or ".join(f"({one.expression})" for one in self._matchers))

    def matches(self, json: Mapping[str, Any]) -> bool:
        # One that cannot be applied is not met, and says nothing about the others.
        return any(one.safe_matches(json) for one in self._matchers)


class NotMatcher(JsonMatcher):
    """Where a condition is not met; a text is a display filter."""

    def __init__(self, matcher: str | JsonMatcher) -> None:
        self._matcher = _matcher(matcher)
        super().__init__(f"not ({self._matcher.expression})")

    def matches(self, json: Mapping[str, Any]) -> bool:
        return not self._matcher.matches(json)


class FragmentMatcher(JsonMatcher):
    """Where there is a fragment, at the top of the document."""

    def matches(self, json: Mapping[str, Any]) -> bool:
        return json.get(self.expression) is not None


class FieldMatcher(JsonMatcher):
    """Where a text at the top of the document is like another.

    Args:
        name: the field.
        value: the text, with ``*`` and ``?`` as wildcards, or a regular expression.
        mode: "LIKE" for wildcards, "REGEX" for a regular expression that is found anywhere.

    Raises:
        ExpressionError: for a regular expression that is none.
    """

    def __init__(self, name: str, value: str, mode: Mode = "LIKE") -> None:
        super().__init__(f"{name} {mode} {value}")
        self._name, self._test = name, _text_test(value, mode)

    def matches(self, json: Mapping[str, Any]) -> bool:
        found = json.get(self._name)
        return isinstance(found, str) and self._test(found)


class DescriptionMatcher(FieldMatcher):
    """Where the ``description`` is like a text, see ``FieldMatcher``."""

    def __init__(self, value: str, mode: Mode = "LIKE") -> None:
        super().__init__("description", value, mode)


class TextMatcher(FieldMatcher):
    """Where the ``text`` is like another, see ``FieldMatcher``."""

    def __init__(self, value: str, mode: Mode = "LIKE") -> None:
        super().__init__("text", value, mode)


class CommandMatcher(TextMatcher):
    """Where the ``text`` of a ``c8y_Command`` is like another, see ``FieldMatcher``; for operations."""

    def matches(self, json: Mapping[str, Any]) -> bool:
        command = json.get("c8y_Command")
        return isinstance(command, Mapping) and super().matches(command)


def _text_test(value: str, mode: str) -> Callable[[str], bool]:
    if mode not in {"LIKE", "REGEX"}:
        raise ValueError(f"The mode is LIKE or REGEX, not {mode!r}.")
    try:
        pattern = re.compile(fnmatch.translate(value) if mode == "LIKE" else value)
    except re.error as problem:
        position = (problem.pos or 0) + 1
        raise ExpressionError("This is no regular expression", value, position) from problem
    return lambda text: pattern.search(text) is not None


def kept_by(
    include: str | JsonMatcher | None, exclude: str | JsonMatcher | None
) -> Callable[[dict[str, Any]], bool]:
    """What is kept of rows: what ``include`` matches, without what ``exclude`` matches then.

    Args:
        include, exclude: a matcher, or the text of a display filter.

    Raises:
        ExpressionError: for a text that is none.
    """
    wanted, unwanted = (None if one is None else _matcher(one) for one in (include, exclude))

    def kept(json: dict[str, Any]) -> bool:
        return (wanted is None or wanted.safe_matches(json)) and not (
            unwanted is not None and unwanted.safe_matches(json)
        )

    return kept


def _matcher(given: object) -> JsonMatcher:
    if isinstance(given, JsonMatcher):
        return given
    if not isinstance(given, str):
        raise TypeError(f"A filter is a text or a JsonMatcher, not {type(given).__name__}.")
    return PydfMatcher(given)
