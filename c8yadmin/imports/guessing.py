"""What the columns of a file may mean, by their names and first values; and what cannot be meant."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError

from c8yadmin.imports.commas import commas_of
from c8yadmin.imports.encodings import fitting
from c8yadmin.imports.kinds import ImportKind, simple
from c8yadmin.imports.mapping import Column, Key, Mapping, clash
from c8yadmin.imports.models import KeptMapping, Upload
from c8yadmin.imports.packing import samples
from c8yadmin.imports.values import EITHER, kind_of, numbers_in

LONGEST_PATH = 200


def mapping_for(kind: ImportKind, upload: Upload) -> tuple[Mapping, bool]:
    """How to understand a file at first, and whether that is how its owner last did with such columns."""
    kept = KeptMapping.objects.filter(**_place(kind, upload)).first()
    if kept:
        last = str(kept.mapping.get("encoding", ""))
        if "encoding" not in upload.mapping and last in fitting(upload.foreign):
            upload.mapping = {"encoding": last}
        return Mapping.read(upload.header, kept.mapping | {"encoding": upload.encoding}), True
    return guessed(kind, upload, commas_of(kind, upload).type), False


def keep(kind: ImportKind, upload: Upload, mapping: Mapping) -> None:
    """Remember `mapping` for the next file with these columns."""
    KeptMapping.objects.update_or_create(**_place(kind, upload), defaults={"mapping": mapping.stored()})


def _place(kind: ImportKind, upload: Upload) -> dict[str, Any]:
    columns = hashlib.sha256(json.dumps(upload.header).encode()).hexdigest()
    return {"tenant": upload.tenant, "owner": upload.owner, "kind": kind.name, "columns": columns}


def guessed(kind: ImportKind, upload: Upload, either: str) -> Mapping:
    """What the names of the columns say; those that say nothing stay out. `either` is the type of numbers
    whose comma may be decimal or not; empty where nobody knows."""
    header, values = upload.columns, samples(upload)
    columns: list[Column | None] = [
        spelled(kind, name, some, either) for name, some in zip(header, values, strict=True)
    ]
    taken = {column.path for column in columns if column}
    for place, name in enumerate(header):
        known = kind.known.get(simple(name))
        if columns[place] is None and known and clash([*taken, known.path]) is None:
            columns[place] = _typed(kind, known, values[place], either)
            taken.add(known.path)
    key = guessed_key(kind, header)
    if key and key.type == "":
        columns[key.column] = None  # it tells the object, and nothing else
    switch = kind.switch is not None
    return Mapping(tuple(header), tuple(columns), key, switch=switch, encoding=upload.encoding)


def spelled(kind: ImportKind, path: str, values: list[str], either: str) -> Column | None:
    """The column whose name is a path itself, as the type that its values are of."""
    known = {column.path: column for column in kind.known.values()}.get(path)
    type = kind_of(values)
    column = Column(path, (either or "text") if type == EITHER else type)
    column = _typed(kind, known, values, either) if known else column
    if not known and not re.match(r"c8y_|[\w-]+\.", path):
        return None
    try:
        kind.check(column)
    except ValidationError:
        return None
    return column


def _typed(kind: ImportKind, known: Column, values: list[str], either: str) -> Column:
    """`known` as a number with commas, if those of its values that are numbers can only be meant so."""
    if known.type != "number":
        return known
    found, small = kind_of(numbers_in(values)), known.path in kind.small
    if found == EITHER:
        found = "comma" if small else either or "number"
    elif found not in ("comma", "thousands") or (small and found == "thousands"):
        found = "number"
    return replace(known, type=found)


def guessed_key(kind: ImportKind, header: Sequence[str]) -> Key | None:
    """The column that can tell the object, by its name."""
    for plain, by in kind.key_names.items():
        for place, name in enumerate(header):
            if simple(name) == plain:
                typed = any(choice.typed for choice in kind.keys if choice.name == by)
                return Key(by, place, kind.external_type if typed else "")
    return None


def faults(kind: ImportKind, mapping: Mapping) -> Iterator[tuple[int | None, str]]:
    """Why `mapping` cannot be meant: the place of the column, None for what concerns no single one."""
    for place, column in enumerate(mapping.columns):
        if column and (why := _fault(kind, column)):
            yield place, why
    if both := clash([column.path for column in mapping.columns if column]):
        first, second = both
        words = "twice" if first == second else f"into “{first}” and again as “{second}”"
        yield None, f"“{second}” would be written {words}: let one of the columns out."
    yield from ((None, why) for why in _key_faults(kind, mapping))


def _fault(kind: ImportKind, column: Column) -> str:
    if len(column.path) > LONGEST_PATH:
        return f"A path has at most {LONGEST_PATH} characters."
    try:
        kind.check(column)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _key_faults(kind: ImportKind, mapping: Mapping) -> Iterator[str]:
    key, noun = mapping.key, kind.label[1]
    if key is None and kind.always_told:
        yield f"Say in which column the {kind.keys[0].label.lower()} stands."
    elif key is None and mapping.mode == "update":
        yield f"Say what tells the {noun}: without that, none that exists can be found."
    elif key is None and not any(mapping.columns):
        yield "Say of at least one column where it goes."
    if key and any(choice.typed for choice in kind.keys if choice.name == key.by) and not key.type:
        yield "An external id has a type, such as c8y_Serial."
    if key and key.by == "name" and any(c and c.path == "name" for c in mapping.columns):
        yield "The name tells the object, so no column can be written into it."
