"""The indexes over managed objects that keep lists of 100,000 quick."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sdk.sandbox.call import Json
from sdk.sandbox.conditions import Condition, Predicate, sort_key
from sdk.sandbox.query import Key
from sdk.sandbox.store.ids import NONE, Found, Ids
from sdk.sandbox.store.names import Names

BY_ID = (("_id", False), ("id", False))
MANY = 5000
"""From so many ids on it pays to walk a kept order, or all names, instead of the ids."""
PLAIN = frozenset(("id", "type", "name", "owner", "creationTime", "lastUpdated"))
ExternalIds = Mapping[str, list[tuple[str, str]]]


class Index:
    """Knows the `objects` by type, owner, fragment and name; `add`, `change` and `remove` keep it right."""

    def __init__(self, objects: dict[str, Json]) -> None:
        self._objects = objects
        self._all = Ids()
        self._by: dict[str, dict[str, Ids]] = {"type": {}, "fragment": {}, "owner": {}}
        self._names = Names()
        self._orders: dict[str, list[str]] = {}
        self._entries: dict[str, str] = {}

    def add(self, document: Json) -> None:
        identifier = document["id"]
        self._all.add(identifier)
        for kind, value in _keys(document):
            self._by[kind].setdefault(value, Ids()).add(identifier)
        self._names.note(identifier, _name(document))
        for path, ranked in self._orders.items():
            insort(ranked, identifier, key=self._rank(path))

    def change(self, document: Json, changes: Json) -> None:
        """Merge `changes` into the document at the top level, a None removes, and follow suit."""
        identifier = document["id"]
        before = set(_keys(document))
        for key, value in changes.items():
            if value is None:
                document.pop(key, None)
            else:
                document[key] = value
            for path in [path for path in self._orders if path.split(".")[0] == key]:
                del self._orders[path]
        after = set(_keys(document))
        for kind, value in before - after:
            self._by[kind][value].discard(identifier)
        for kind, value in after - before:
            self._by[kind].setdefault(value, Ids()).add(identifier)
        if not changes.keys().isdisjoint(("name", "type", "owner")):
            self._names.note(identifier, _name(document))
            self.forget_entry(identifier)

    def remove(self, document: Json) -> None:
        identifier = document["id"]
        self._all.discard(identifier)
        self._names.forget(identifier)
        self.forget_entry(identifier)
        self._orders.clear()
        for kind, value in _keys(document):
            self._by[kind][value].discard(identifier)

    def forget_entry(self, identifier: str) -> None:
        """What the full-text search knows of the object is out of date: its name or external ids changed."""
        self._entries.pop(identifier, None)

    def having(self, fragment: str) -> Ids:
        return self._by["fragment"].get(fragment, NONE)

    def of_type(self, name: str) -> Ids:
        return self._by["type"].get(name, NONE)

    def owned_by(self, name: str) -> Ids:
        return self._by["owner"].get(name, NONE)

    # selecting ----------------------------------------------------------------------------------------------

    def select(
        self, condition: Condition | None, within: Ids | None = None, order: Sequence[Key] = ()
    ) -> Iterable[Json]:
        """The objects that meet the condition, by ascending id or in the wanted order.

        Where the indexes alone decide it is a sequence, else an iterator, so that a page reads no more than
        it shows.
        """
        candidates = self._candidates(condition, within)
        test = None if condition is None or condition.exact else condition.test
        if not order or order[0] in BY_ID:
            return self._met(candidates, test)
        listed = candidates if isinstance(candidates, list) else list(candidates)
        if len(order) == 1 and len(listed) > MANY and order[0][0] not in ("id", "_id"):
            path, descending = order[0]
            wanted, ranked = frozenset(listed), self._ranked(path)
            return self._met([i for i in (reversed(ranked) if descending else ranked) if i in wanted], test)
        documents = list(self._met(listed, test))
        for path, descending in reversed(order):
            documents.sort(key=sort_key(path), reverse=descending)
        return documents

    def _met(self, candidates: Iterable[str], test: Predicate | None) -> Iterable[Json]:
        if test is None and isinstance(candidates, list):
            return Found(candidates, self._objects)
        return filter(test, map(self._objects.__getitem__, candidates))

    def _candidates(self, condition: Condition | None, within: Ids | None) -> Iterable[str]:
        """The fewest ids, ascending, that the indexes give and that hold every match: a list, or what finds
        one after the other.
        """
        steps = condition.narrow if condition else []
        sets = [] if within is None else [within]
        sets += [self._set(kind, value) for kind, value in steps if kind in ("ids", *self._by)]
        smallest, *others = sorted(sets, key=len) or [self._all]
        pattern = next((value for kind, value in steps if kind == "name"), None)
        after = max((value for kind, value in steps if kind == "after"), default=None)
        if pattern is not None:
            named = self._named(pattern, smallest)
            return (i for i in named if all(i in it for it in others) and (after is None or int(i) > after))
        listed = smallest.listed()
        if after is not None:
            listed = listed[bisect_right(listed, after, key=int) :]
        for other in others:
            listed = [identifier for identifier in listed if identifier in other]
        return listed

    def _named(self, pattern: str, within: Ids) -> Iterable[str]:
        if len(within) > MANY:
            return self._names.matching(pattern, within)
        return self._names.fits(pattern, within.listed())

    def _set(self, kind: str, value: Any) -> Ids:
        if kind == "ids":
            return Ids(identifier for identifier in value if identifier in self._all)
        return self._by[kind].get(value, NONE)

    def _ranked(self, path: str) -> list[str]:
        """All ids sorted by the value at `path`; kept until a change to it."""
        if path not in self._orders:
            self._orders[path] = sorted(self._objects, key=self._rank(path))
        return self._orders[path]

    def _rank(self, path: str) -> Callable[[str], Any]:
        key, objects = sort_key(path), self._objects
        return lambda identifier: key(objects[identifier])

    # full text ----------------------------------------------------------------------------------------------

    def search(self, text: str, external_ids: ExternalIds) -> list[Json]:
        """Full-text search: any token of the text, or the whole phrase in double quotes."""
        phrase = text.strip().casefold()
        whole = len(phrase) > 1 and phrase[0] == phrase[-1] == '"'
        entries = self._known_entries(external_ids)
        found: set[str] = set()
        for token in {phrase.strip('"')} if whole else _tokens(phrase):
            holding = [identifier for identifier, entry in entries.items() if token in entry]
            found.update(holding if whole else [i for i in holding if token in _tokens(entries[i])])
        return [self._objects[identifier] for identifier in sorted(found, key=int)]

    def _known_entries(self, external_ids: ExternalIds) -> dict[str, str]:
        """What the full-text search knows of each object; kept until the object changes."""
        if len(self._entries) != len(self._objects):
            for identifier in self._objects.keys() - self._entries.keys():
                document = self._objects[identifier]
                words = [str(document.get(key) or "") for key in ("id", "type", "name", "owner")]
                words += [value for _, value in external_ids.get(identifier, ())]
                self._entries[identifier] = " ".join(words).casefold()
        return self._entries


def _name(document: Json) -> str:
    return str(document.get("name", ""))


def _keys(document: Json) -> Iterator[tuple[str, str]]:
    """(index, value) of every entry of the document."""
    for key in document:
        if key in ("type", "owner"):
            yield key, str(document[key])
        elif key not in PLAIN:
            yield "fragment", key


def _tokens(text: str) -> set[str]:
    for separator in "/-.":
        text = text.replace(separator, " ")
    return set(text.casefold().split())
