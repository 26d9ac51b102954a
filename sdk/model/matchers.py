"""Short forms of the conditions of ``sdk.model.matcher``, e.g. ``text("*hot*") & fragment("c8y_Note")``."""

from __future__ import annotations

from sdk.model.matcher import (
    AllMatcher,
    AnyMatcher,
    CommandMatcher,
    DescriptionMatcher,
    FieldMatcher,
    FragmentMatcher,
    JmesPathMatcher,
    JsonMatcher,
    JsonPathMatcher,
    Mode,
    NotMatcher,
    PydfMatcher,
    TextMatcher,
)


def pydf(expression: str) -> PydfMatcher:
    """A display filter as a matcher, see ``PydfMatcher``."""
    return PydfMatcher(expression)


def jmespath(expression: str) -> JmesPathMatcher:
    """A JMESPath expression as a matcher, see ``JmesPathMatcher``."""
    return JmesPathMatcher(expression)


def jsonpath(expression: str) -> JsonPathMatcher:
    """A JSONPath expression as a matcher, see ``JsonPathMatcher``."""
    return JsonPathMatcher(expression)


def match_all(*matchers: str | JsonMatcher) -> AllMatcher:
    """What all of some matchers match."""
    return AllMatcher(*matchers)


def match_any(*matchers: str | JsonMatcher) -> AnyMatcher:
    """What any of some matchers matches."""
    return AnyMatcher(*matchers)


def match_not(matcher: str | JsonMatcher) -> NotMatcher:
    """What a matcher does not match."""
    return NotMatcher(matcher)


def fragment(name: str) -> FragmentMatcher:
    """What has a fragment at the top."""
    return FragmentMatcher(name)


def field(name: str, value: str, mode: Mode = "LIKE") -> FieldMatcher:
    """Whose text at the top is like another, see ``FieldMatcher``."""
    return FieldMatcher(name, value, mode)


def description(value: str, mode: Mode = "LIKE") -> DescriptionMatcher:
    """Whose description is like a text, see ``FieldMatcher``."""
    return DescriptionMatcher(value, mode)


def text(value: str, mode: Mode = "LIKE") -> TextMatcher:
    """Whose text is like another, see ``FieldMatcher``."""
    return TextMatcher(value, mode)


def command(value: str, mode: Mode = "LIKE") -> CommandMatcher:
    """Whose command is like a text, see ``CommandMatcher``."""
    return CommandMatcher(value, mode)
