"""Text that devices and users sent: shown so that it can neither hide anything nor spill over."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

LIMIT = 200  # characters of foreign text in a list; the whole stands in the title
TITLE_LIMIT = 2000

# Controls, zero-width and bidirectional formatting, blank fillers, lone surrogates, tags, noncharacters.
HIDDEN = (
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
# More marks on one letter than any script needs cover the lines around it.
_PILED = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4,}"
_SPECIAL = re.compile(f"({HIDDEN})|({_PILED})")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of `text`; `meaning` is set where it stands for something that would not be seen."""

    text: str
    meaning: str = ""


def harmless(text: str, limit: int = LIMIT) -> bool:
    """Whether `text` is short and shows all that it holds, as nearly all of it does."""
    # Nothing in ASCII that can be printed is special, and to know that is much faster than to search.
    return len(text) <= limit and ((text.isascii() and text.isprintable()) or not _SPECIAL.search(text))


def pieces(value: Any, limit: int = LIMIT) -> list[Piece]:
    """The first `limit` characters of `value`, with everything invisible spelled out in pieces of its own."""
    found: list[Piece] = []
    shown = str(value)[:limit]
    end = 0
    for match in _SPECIAL.finditer(shown):
        if match.start() > end:
            found.append(Piece(shown[end : match.start()]))
        found.append(_spelled(match))
        end = match.end()
    if end < len(shown):
        found.append(Piece(shown[end:]))
    return found


def visible(value: Any, limit: int = TITLE_LIMIT) -> str:
    """The same as one string, for attributes and JSON: `pump\u27e8U+202E\u27e9exe`."""
    whole = str(value)
    if harmless(whole, limit):
        return whole
    text = _SPECIAL.sub(lambda match: f"⟨{_spelled(match).text}⟩", whole[:limit])
    return text + "…" if len(whole) > limit else text


def escaped(json: str) -> str:
    """JSON text with everything invisible as escapes: it still says the same, and can be copied."""
    return _SPECIAL.sub(lambda match: "".join(map(_escape, match[0])), json)


def _escape(character: str) -> str:
    if character == "\n":  # the document's own lines; one inside a text is an escape already
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _spelled(match: re.Match[str]) -> Piece:
    if match[2]:
        return Piece(f"+{len(match[2])} marks", "combining marks piled on one letter")
    return Piece(f"U+{ord(match[1]):04X}", unicodedata.name(match[1], "control character").lower())
