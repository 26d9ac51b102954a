"""Columns of numbers such as 48,137, each of which may be 48.137 or 48137: the rest of the file tells.

To take one for the other is wrong by a factor of 1000 and looks right, and to ask costs a click: only what
cannot be written otherwise tells. All else is a guess, which the page offers and the command line refuses.
"""

from __future__ import annotations

from dataclasses import dataclass

from c8yadmin.imports.kinds import ImportKind
from c8yadmin.imports.models import Upload
from c8yadmin.imports.packing import samples
from c8yadmin.imports.values import EITHER, hint_of, kind_of, numbers_in, value_of
from c8yadmin.ui.text import visible

MEANINGS = {"decimal": "comma", "thousands": "thousands", "text": "text"}
_WORDS = {"comma": "are decimal", "thousands": "stand between thousands"}


@dataclass(frozen=True, slots=True)
class Commas:
    """The columns at `places` hold such numbers, `example` is one of them. `type` is what they are taken for,
    empty where nothing speaks for either, and `why` the reason as a sentence. A `guess` may be wrong."""

    places: tuple[int, ...] = ()
    example: str = ""
    type: str = ""
    why: str = ""
    guess: bool = False

    @property
    def readings(self) -> list[tuple[str, str, str]]:
        """The `MEANINGS`: the name and the type of each, and what the example is as that."""
        return [(name, type, str(value_of(self.example, type))) for name, type in MEANINGS.items()]


def commas_of(kind: ImportKind, upload: Upload) -> Commas:
    """What is to be thought of the commas in a file, by the first values of its columns."""
    values = [
        numbers_in(some) if kind.is_number(name) else some
        for name, some in zip(upload.columns, samples(upload), strict=True)
    ]
    types = [kind_of(some) for some in values]
    places = tuple(place for place, type in enumerate(types) if type == EITHER)
    if not places:
        return Commas()
    example = next(value for value in values[places[0]] if "," in value)
    told = _told(kind, upload.columns, types)
    if told:
        return Commas(places, example, *_agreed(told))
    if upload.separator == ";":
        why = "Semicolons separate the columns, as spreadsheets do where commas are decimal."
        return Commas(places, example, "comma", why, guess=True)
    hint = next(filter(None, (hint_of(values[place]) for place in places)), "")
    return Commas(places, example, "", _unsettled(hint), guess=True)


def _unsettled(hint: str) -> str:
    if not hint:
        return "Nothing in the file tells."
    return (
        f"“{visible(hint, 40)}” in the same column settles nothing: numbers are written so with either comma."
    )


def _told(kind: ImportKind, header: list[str], types: list[str]) -> dict[str, str]:
    """The types that columns of the file leave no choice about, each with the reason."""
    found: dict[str, str] = {}
    for name, type in zip(header, types, strict=True):
        if type in _WORDS:
            found.setdefault(type, f"in the column “{visible(name, 40)}”, commas {_WORDS[type]}")
        elif type == EITHER and kind.goes(name) in kind.small:
            found.setdefault(
                "comma", f"the column “{visible(name, 40)}” can hold no number as large as 1,000"
            )
    return found


def _agreed(told: dict[str, str]) -> tuple[str, str, bool]:
    """The type that all reasons are for, and what they say."""
    why = ", but ".join(told.values())
    return ("" if len(told) > 1 else next(iter(told))), f"{why[0].upper()}{why[1:]}.", len(told) > 1
