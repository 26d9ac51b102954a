"""Display filters (``name contains "pump" and not c8y_Hidden``): from their text to a condition on JSON.

::

    condition   = xor {("or" | "||") xor}
    xor         = all {("xor" | "^^") all}
    all         = not {("and" | "&&") not}
    not         = {"not" | "!"} ("(" condition ")" | test)
    test        = field [operator value | "in" "{" item {"," item} "}"]
    field       = path ["[" range {"," range} "]"] | ("len" | "upper" | "lower") "(" field ")"
    range       = n | n:length | n: | :length | n-last
    item        = value | low..high

Operators: ``== != > < >= <= contains ~= matches ~ &`` and the words ``eq ne gt lt ge le``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sdk.model import display_values as values
from sdk.model.display_values import Condition, Field, Literal

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<sign>==|!=|>=|<=|~=|&&|\|\||\^\^|[()\[\]{},<>~!&])
      | (?P<word>[^\s()\[\]{},<>=~!&|^"']+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_OPERATORS: Final = {
    "==": "eq", "!=": "ne", ">": "gt", "<": "lt", ">=": "ge", "<=": "le", "~=": "contains", "~": "matches",
}  # fmt: skip
_COMPARISONS: Final = frozenset({*_OPERATORS.values(), "&"})
_JOINS: Final = {"&&": "and", "||": "or", "^^": "xor", "!": "not"}
_DEEPEST: Final = 50
_SHOWN: Final = 300  # characters of an expression in an error
_RANGE: Final = re.compile(r"(-?\d+)?(?:(:)(\d+)?|-(\d+))?")


class ExpressionError(ValueError):
    """A filter's text that cannot be understood; ``position`` is where, counted from 1."""

    def __init__(self, message: str, expression: str, position: int) -> None:
        shown = expression if len(expression) <= _SHOWN else f"{expression[:_SHOWN]}…"
        super().__init__(f"{message} at position {position} of {shown!r}.")
        self.expression, self.position = expression, position


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int

    @property
    def meaning(self) -> str:
        """What a sign or a bare word says, one name for all its spellings."""
        if self.kind == "text":
            return ""
        return _OPERATORS.get(self.text) or _JOINS.get(self.text) or self.text


def parsed(expression: str) -> Condition:
    """The condition that a display filter states.

    Raises:
        ExpressionError: when it is none, saying where.
    """
    return _Parser(expression).whole()


def _tokens(expression: str) -> list[_Token]:
    found, at = [], 0
    end = len(expression.rstrip())
    while at < end:
        match = _TOKEN.match(expression, at)
        if match is None or match.lastgroup is None:
            start = at + len(expression[at:]) - len(expression[at:].lstrip())
            what = "This text does not end" if expression[start] in "\"'" else "Nothing is meant by this sign"
            raise ExpressionError(what, expression, start + 1)
        found.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup) + 1))
        at = match.end()
    return [*found, _Token("end", "", end + 1)]


class _Parser:
    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = _tokens(expression)
        self._at = self._depth = 0

    def whole(self) -> Condition:
        found = self._condition()
        if self._now.kind != "end":
            raise self._error("Expected and, or, or the end")
        return found

    @property
    def _now(self) -> _Token:
        return self._tokens[self._at]

    def _error(self, message: str) -> ExpressionError:
        return ExpressionError(message, self._expression, self._now.position)

    def _took(self, *meanings: str) -> str | None:
        """The meaning of the next token if it is one of these, which is then behind us."""
        meaning = self._now.meaning
        if not meaning or meaning not in meanings:
            return None
        self._at += 1
        return meaning

    def _expect(self, sign: str) -> None:
        if not self._took(sign):
            raise self._error(f"Expected {sign!r}")

    def _joined(self, join: str, part: Callable[[], Condition], combine: Any) -> Condition:
        parts = [part()]
        while self._took(join):
            parts.append(part())
        return parts[0] if len(parts) == 1 else lambda json: combine(one(json) for one in parts)

    def _condition(self) -> Condition:
        return self._joined("or", self._xor, any)

    def _xor(self) -> Condition:
        return self._joined("xor", self._all, lambda given: sum(given) % 2 == 1)

    def _all(self) -> Condition:
        return self._joined("and", self._not, all)

    def _not(self) -> Condition:
        negated = False
        while self._took("not"):
            negated = not negated
        found = self._inner() if self._took("(") else self._test()
        return (lambda json: not found(json)) if negated else found

    def _inner(self) -> Condition:
        self._go_deeper()
        found = self._condition()
        self._expect(")")
        self._depth -= 1
        return found

    def _go_deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error("There are too many parentheses")

    def _test(self) -> Condition:
        field = self._field()
        if self._took("in"):
            return values.any_of(field, self._items())
        operator = self._took(*_COMPARISONS)
        if operator is None:
            return values.present(field)
        start = self._at
        value = self._value()
        try:
            return values.compared(field, operator, value)
        except ValueError as problem:
            self._at = start
            raise self._error(str(problem)) from problem

    def _field(self) -> Field:
        if self._now.kind not in {"word", "text"}:
            raise self._error("Expected a field")
        token = self._now
        self._at += 1
        function = values.FUNCTIONS.get(token.meaning)
        if function and self._took("("):
            self._go_deeper()
            inner = self._field()
            self._expect(")")
            self._depth -= 1
            return inner.through(function)
        field = values.path(_unquoted(token))
        return field.through(values.slicing(self._ranges())) if self._took("[") else field

    def _ranges(self) -> list[slice]:
        found = [self._range()]
        while self._took(","):
            found.append(self._range())
        self._expect("]")
        return found

    def _range(self) -> slice:
        match = _RANGE.fullmatch(self._now.text)
        if not match or not self._now.text:
            raise self._error("Expected a range like 0:2")
        self._at += 1
        start = int(match[1] or 0)
        if match[4]:
            return slice(start, int(match[4]) + 1)
        length = (int(match[3]) if match[3] else None) if match[2] else 1
        end = None if length is None else start + length
        # The slice of the last one: its end is 0, which would mean the beginning.
        return slice(start, None if end == 0 and start < 0 else end)

    def _items(self) -> list[Callable[[Any], bool]]:
        self._expect("{")
        found = [self._item()]
        while self._took(","):
            found.append(self._item())
        self._expect("}")
        return found

    def _item(self) -> Callable[[Any], bool]:
        low, mark, high = self._now.text.partition("..") if self._now.kind == "word" else ("", "", "")
        if not mark:
            return values.equal(self._value())
        if not low or not high:
            raise self._error("Expected a range like 1..5")
        self._at += 1
        return values.between(Literal(low), Literal(high))

    def _value(self) -> Literal:
        if self._now.kind not in {"word", "text"}:
            raise self._error("Expected a value")
        token = self._now
        self._at += 1
        return Literal(_unquoted(token), quoted=token.kind == "text")


def _unquoted(token: _Token) -> str:
    """The text that is meant; a backslash that escapes nothing stays, as patterns need it."""
    if token.kind != "text":
        return _HEX.sub(_character, token.text)
    return _ESCAPED.sub(_character, token.text[1:-1])


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else found[2]


_HEX: Final = re.compile(r"\\x([0-9a-fA-F]{2})")
_ESCAPED: Final = re.compile(r"""\\(?:x([0-9a-fA-F]{2})|(["'\\]))""")
