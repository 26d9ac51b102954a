"""The editable part of a managed object, and the difference between two versions of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from c8yadmin.core.jsontext import Json, readable

RELATIONS: Final = (
    "childDevices",
    "childAssets",
    "childAdditions",
    "deviceParents",
    "assetParents",
    "additionParents",
)
# The properties that are no fragments.
PLAIN: Final = ("name", "type", "owner")
# What the tenant keeps itself: it refuses or overwrites a change of these.
SERVER_ONLY: Final = frozenset(
    (
        "id",
        "self",
        "creationTime",
        "lastUpdated",
        *RELATIONS,
        "c8y_ActiveAlarmsStatus",
        "c8y_Availability",
        "c8y_Connection",
        "c8y_LatestMeasurements",
    )
)
_PLAIN_KEY = re.compile(r"[\w-]+", re.ASCII)


class Absent:
    """The value of a key that an object does not have, in contrast to null."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class Change:
    """A value that differs: where it stands, and what it was and is; `ABSENT` where there is none."""

    keys: tuple[str, ...]
    before: Any
    after: Any

    @property
    def path(self) -> str:
        """The place as it would be written in a program: `c8y_Hardware.model`, `["a.b"].c`."""
        return "".join(
            f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{readable(key)}]" for key in self.keys
        ).removeprefix(".")


@dataclass(frozen=True, slots=True)
class Clash:
    """A fragment that somebody changed meanwhile, or the user: as it was, as both want it."""

    key: str
    original: Any
    yours: Any
    theirs: Any

    @property
    def by(self) -> str:
        """Who changed it: `you`, `them` or `both`."""
        if same(self.yours, self.original):
            return "them"
        if same(self.theirs, self.original):
            return "you"
        return "both"


def editable(document: Mapping[str, Any]) -> Json:
    """The part of a managed object that a user may change."""
    return {key: value for key, value in document.items() if key not in SERVER_ONLY}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What changed from `before` to `after`, as deep as both have objects; a list counts as one value."""
    return list(_differences((), before, after))


def _differences(keys: tuple[str, ...], before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in {**before, **after}:
            yield from _differences((*keys, key), before.get(key, ABSENT), after.get(key, ABSENT))
    elif not same(before, after):
        yield Change(keys, before, after)


def same(one: Any, other: Any) -> bool:
    """Whether both are the same JSON value: Python's 1 == 1.0 == True are three different ones."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def merged(document: Mapping[str, Any], changes: list[Change]) -> Json:
    """`document` with `changes` applied; where both touched the same value, the change wins."""
    result = deepcopy(dict(document))
    for change in changes:
        _apply(result, change)
    return result


def _apply(document: Json, change: Change) -> None:
    *parents, last = change.keys
    for key in parents:
        if not isinstance(document.get(key), dict):
            document[key] = {}
        document = document[key]
    if change.after is ABSENT:
        document.pop(last, None)
    else:
        document[last] = deepcopy(change.after)


def top_level(before: Mapping[str, Any], after: Mapping[str, Any]) -> Json:
    """The whole fragments to send to turn `before` into `after`; one that is gone is None."""
    return {
        key: after.get(key)
        for key in {**before, **after}
        if not same(before.get(key, ABSENT), after.get(key, ABSENT))
    }


def clashes(original: Mapping[str, Any], yours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[Clash]:
    """The fragments that are not the same in both versions now; those that both changed come first."""
    found = [
        Clash(key, original.get(key, ABSENT), yours.get(key, ABSENT), theirs.get(key, ABSENT))
        for key in {**original, **yours, **theirs}
    ]
    changed = [clash for clash in found if not same(clash.yours, clash.theirs)]
    return sorted(changed, key=lambda clash: clash.by != "both")
