"""The managed objects of a tenant, with the indexes that keep lists of 100,000 quick, and their relations."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any

from sdk.sandbox.call import Json
from sdk.sandbox.query import Condition, parse, sort_key, wildcard

KINDS = ("childDevices", "childAssets", "childAdditions")
PARENTS = {
    "childDevices": "deviceParents",
    "childAssets": "assetParents",
    "childAdditions": "additionParents",
}
PLAIN = frozenset(("id", "type", "name", "owner", "creationTime", "lastUpdated"))


class Ids:
    """A set of ids that lists them in ascending numeric order; new ids are higher, so sorting is rarely due."""

    __slots__ = ("_listed", "_members")

    def __init__(self) -> None:
        self._members: dict[str, None] = {}
        self._listed: list[str] | None = None

    def add(self, identifier: str) -> None:
        self._members[identifier] = None
        self._listed = None

    def discard(self, identifier: str) -> None:
        self._members.pop(identifier, None)
        self._listed = None

    def __contains__(self, identifier: object) -> bool:
        return identifier in self._members

    def __len__(self) -> int:
        return len(self._members)

    def listed(self) -> list[str]:
        if self._listed is None:
            self._listed = sorted(self._members, key=int)
        return self._listed


NONE = Ids()


class Inventory:
    """`objects` maps ids to JSON without links and relations. Change it through `create`, `update`, `remove`."""

    def __init__(self) -> None:
        self.objects: dict[str, Json] = {}
        self.children: dict[str, dict[str, dict[str, None]]] = {kind: {} for kind in KINDS}
        self.parents: dict[str, dict[str, dict[str, None]]] = {kind: {} for kind in KINDS}
        self._all = Ids()
        self._by: dict[str, dict[str, Ids]] = {"type": {}, "fragment": {}, "owner": {}}
        self._folded: dict[str, str] = {}
        self._orders: dict[str, list[str]] = {}

    # writing ----------------------------------------------------------------------------------------------------

    def create(self, document: Json) -> Json:
        identifier = document["id"]
        self.objects[identifier] = document
        self._all.add(identifier)
        for kind, value in _index_keys(document):
            self._by[kind].setdefault(value, Ids()).add(identifier)
        self._rename(document)
        self._orders.clear()
        return document

    def update(self, identifier: str, changes: Json) -> Json:
        """Merge `changes` at the top level; a None removes."""
        document = self.objects[identifier]
        before = set(_index_keys(document))
        for key, value in changes.items():
            if value is None:
                document.pop(key, None)
            else:
                document[key] = value
            for path in [path for path in self._orders if path.split(".")[0] == key]:
                del self._orders[path]
        after = set(_index_keys(document))
        for kind, value in before - after:
            self._by[kind][value].discard(identifier)
        for kind, value in after - before:
            self._by[kind].setdefault(value, Ids()).add(identifier)
        if "name" in changes:
            self._rename(document)
        return document

    def remove(self, identifier: str) -> None:
        document = self.objects.pop(identifier)
        self._all.discard(identifier)
        self._folded.pop(identifier, None)
        self._orders.clear()
        for kind, value in _index_keys(document):
            self._by[kind][value].discard(identifier)
        for kind in KINDS:
            for parent in list(self.parents[kind].get(identifier, ())):
                self.unlink(kind, parent, identifier)
            for child in list(self.children[kind].get(identifier, ())):
                self.unlink(kind, identifier, child)

    def link(self, kind: str, parent: str, child: str) -> None:
        self.children[kind].setdefault(parent, {})[child] = None
        self.parents[kind].setdefault(child, {})[parent] = None

    def unlink(self, kind: str, parent: str, child: str) -> None:
        self.children[kind].get(parent, {}).pop(child, None)
        self.parents[kind].get(child, {}).pop(parent, None)

    def _rename(self, document: Json) -> None:
        self._folded[document["id"]] = str(document.get("name", "")).casefold()

    # relations --------------------------------------------------------------------------------------------------

    def is_group(self, identifier: str) -> bool:
        return "c8y_IsDeviceGroup" in self.objects.get(identifier, {})

    def members(self, group: str) -> Iterable[str]:
        """The members of a group: its assets; those of a smart group are what its query finds."""
        document = self.objects.get(group, {})
        if "c8y_IsDynamicGroup" in document:
            query = parse(str(document.get("c8y_DeviceQueryString", "")), self)
            return [found["id"] for found in self.find(query.condition, self.having("c8y_IsDevice"))]
        return self.children["childAssets"].get(group, ())

    def hierarchy(self, root: str) -> Iterator[str]:
        """`root` and everything below it, each id once."""
        seen: set[str] = set()
        waiting = [root] if root in self.objects else []
        while waiting:
            identifier = waiting.pop()
            if identifier in seen:
                continue
            seen.add(identifier)
            yield identifier
            for kind in KINDS:
                waiting.extend(self.children[kind].get(identifier, ()))

    def ancestors(self, identifier: str) -> set[str]:
        """`identifier` and everything above it."""
        seen: set[str] = set()
        waiting = [identifier]
        while waiting:
            current = waiting.pop()
            if current not in seen:
                seen.add(current)
                for kind in KINDS:
                    waiting.extend(self.parents[kind].get(current, ()))
        return seen

    # reading ----------------------------------------------------------------------------------------------------

    def everything(self) -> Ids:
        return self._all

    def having(self, fragment: str) -> Ids:
        return self._by["fragment"].get(fragment, NONE)

    def of_type(self, name: str) -> Ids:
        return self._by["type"].get(name, NONE)

    def owned_by(self, name: str) -> Ids:
        return self._by["owner"].get(name, NONE)

    def find(self, condition: Condition | None, within: Ids | None = None) -> Iterator[Json]:
        """The objects that meet the condition, by ascending id; lazily, so that a page reads no more than it shows."""
        for identifier in self._candidates(condition, self._all if within is None else within):
            document = self.objects[identifier]
            if condition is None or condition.test(document):
                yield document

    def _candidates(self, condition: Condition | None, within: Ids) -> Iterable[str]:
        """The shortest list of ids that holds every match, ascending."""
        sets, after, name = [within], -1, None
        for kind, value in condition.narrow if condition else ():
            if kind == "after":
                after = max(after, value)
            elif kind == "ids":
                sets.append(_as_ids(value, self._all))
            elif kind in self._by:
                sets.append(self._by[kind].get(value, NONE))
            else:
                name = value
        smallest, *others = sorted(sets, key=len)
        listed = smallest.listed()
        if after >= 0:
            listed = listed[bisect_right(listed, after, key=int) :]
        if others:
            listed = [
                found for found in listed if all(found in other for other in others if other is not self._all)
            ]
        return listed if name is None else self._named(listed, name)

    def _named(self, listed: list[str], pattern: str) -> Iterator[str]:
        folded = self._folded
        test = wildcard(pattern) if "*" in pattern else pattern.casefold().__eq__
        return (identifier for identifier in listed if test(folded[identifier]))

    def ordered(self, found: Iterable[Json], order: list[tuple[str, bool]]) -> Iterable[Json]:
        """`found` (ascending ids) in the wanted order."""
        if not order or order == [("_id", False)] or order == [("id", False)]:
            return found
        documents = list(found)
        if (
            len(order) == 1
            and len(documents) > len(self.objects) // 4
            and not order[0][0].startswith(("id", "_id"))
        ):
            return self._by_cached_order(documents, *order[0])
        for path, descending in reversed(order):
            documents.sort(key=sort_key(path), reverse=descending)
        return documents

    def _by_cached_order(self, documents: list[Json], path: str, descending: bool) -> Iterator[Json]:
        ranked = self._orders.get(path)
        if ranked is None:
            key = sort_key(path)
            ranked = self._orders[path] = sorted(
                self.objects, key=lambda identifier: key(self.objects[identifier])
            )
        wanted = {document["id"] for document in documents}
        return (
            self.objects[found] for found in (reversed(ranked) if descending else ranked) if found in wanted
        )

    def search(self, text: str, external_ids: dict[str, list[str]]) -> Iterator[Json]:
        """Full-text search: any token of the text, or the whole phrase in double quotes."""
        phrase = text.strip()
        whole = len(phrase) > 1 and phrase[0] == phrase[-1] == '"'
        wanted = phrase.strip('"').casefold() if whole else _tokens(phrase)
        for identifier in self._all.listed():
            document = self.objects[identifier]
            words = [document.get(key) for key in ("id", "type", "name", "owner")]
            entry = " ".join(
                str(word) for word in [*words, *external_ids.get(identifier, ())] if word
            ).casefold()
            if (wanted in entry) if isinstance(wanted, str) else wanted & _tokens(entry):
                yield document


def _index_keys(document: Json) -> Iterator[tuple[str, str]]:
    for key in document:
        if key == "type" or key == "owner":
            yield key, str(document[key])
        elif key not in PLAIN:
            yield "fragment", key


def _as_ids(found: Iterable[Any], known: Ids) -> Ids:
    ids = Ids()
    for identifier in found:
        if identifier in known:
            ids.add(identifier)
    return ids


def _tokens(text: str) -> set[str]:
    for separator in "/-.":
        text = text.replace(separator, " ")
    return set(text.casefold().split())
