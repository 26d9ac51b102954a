"""Columns of numbers such as 48,137, each of which may be 48.137 or 48137: the rest of the file tells."""

from __future__ import annotations

from dataclasses import dataclass

from c8yadmin.imports.kinds import ImportKind
from c8yadmin.imports.models import Upload
from c8yadmin.imports.packing import samples
from c8yadmin.imports.values import EITHER, kind_of, value_of

MEANINGS = {"decimal": "comma", "thousands": "thousands", "text": "text"}


@dataclass(frozen=True, slots=True)
class Commas:
    """The columns at `places` hold such numbers, `example` is one of them. `type` is what they are taken for,
    empty where nothing tells, and `why` the reason as a sentence."""

    places: tuple[int, ...] = ()
    example: str = ""
    type: str = ""
    why: str = ""

    @property
    def readings(self) -> list[tuple[str, str, str]]:
        """The `MEANINGS`: the name and the type of each, and what the example is as that."""
        return [(name, type, str(value_of(self.example, type))) for name, type in MEANINGS.items()]


def commas_of(kind: ImportKind, upload: Upload) -> Commas:
    """What is to be thought of the commas in a file, by the first values of its columns."""
    header, values = upload.columns, samples(upload)
    types = [kind_of(some) for some in values]
    places = tuple(place for place, type in enumerate(types) if type == EITHER)
    if not places:
        return Commas()
    example = next(value for value in values[places[0]] if "," in value)
    small = any(kind.goes(header[place]) in kind.small for place in places)
    return Commas(places, example, *_meant(set(types), upload.separator, small=small))


def _meant(types: set[str], separator: str, *, small: bool) -> tuple[str, str]:
    if {"comma", "thousands"} <= types:
        return "", "Other columns hold decimal commas, and commas between thousands."
    if "comma" in types:
        return "comma", "In another column, commas are decimal."
    if "thousands" in types:
        return "thousands", "In another column, commas stand between thousands."
    if small:
        return "comma", "One of the columns can hold no number as large as 1,000."
    if separator == ";":
        return "comma", "Semicolons separate the columns, as spreadsheets do where commas are decimal."
    return "", "Nothing in the file tells."
