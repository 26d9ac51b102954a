"""The managed objects of a tenant and their relations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sdk.sandbox.call import Json
from sdk.sandbox.files import File
from sdk.sandbox.query import parse
from sdk.sandbox.store.feed import CREATE, DELETE, UPDATE
from sdk.sandbox.store.index import Index

KINDS = ("childDevices", "childAssets", "childAdditions")
PARENTS = {
    "childDevices": "deviceParents",
    "childAssets": "assetParents",
    "childAdditions": "additionParents",
}


class Inventory:
    """`objects` maps ids to JSON without links and relations; change it through the methods.

    `children[kind]` maps parents to their children, `parents[kind]` children to their parents, for each of
    `KINDS`. `files` holds the files of those that are binaries.
    """

    def __init__(self) -> None:
        self.announce: Callable[[str, Json], None] = lambda action, document: None
        self.objects: dict[str, Json] = {}
        self.index = Index(self.objects)
        self.children: dict[str, dict[str, dict[str, None]]] = {kind: {} for kind in KINDS}
        self.files: dict[str, File] = {}
        self.parents: dict[str, dict[str, dict[str, None]]] = {kind: {} for kind in KINDS}

    def create(self, document: Json) -> Json:
        self.objects[document["id"]] = document
        self.index.add(document)
        self.announce(CREATE, document)
        return document

    def update(self, identifier: str, changes: Json, told: bool = True) -> Json:
        """Merge `changes` at the top level; a None removes. Nobody hears of a change that is not `told`."""
        document = self.objects[identifier]
        self.index.change(document, changes)
        if told:
            self.announce(UPDATE, document)
        return document

    def remove(self, identifier: str) -> None:
        self.files.pop(identifier, None)
        document = self.objects.pop(identifier)
        self.index.remove(document)
        self.announce(DELETE, document)
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

    def is_group(self, identifier: str) -> bool:
        return "c8y_IsDeviceGroup" in self.objects.get(identifier, {})

    def members(self, group: str) -> Iterable[str]:
        """The members of a group: its assets; those of a smart group are what its query finds."""
        document = self.objects.get(group, {})
        if "c8y_IsDynamicGroup" in document:
            query = parse(str(document.get("c8y_DeviceQueryString", "")), self)
            devices = self.index.having("c8y_IsDevice")
            return [found["id"] for found in self.index.select(query.condition, devices)]
        return self.children["childAssets"].get(group, ())

    def hierarchy(self, root: str, kinds: Iterable[str] = KINDS) -> Iterator[str]:
        """`root` and everything below it by children of these kinds, each id once."""
        seen: set[str] = set()
        waiting = [root] if root in self.objects else []
        while waiting:
            identifier = waiting.pop()
            if identifier in seen:
                continue
            seen.add(identifier)
            yield identifier
            for kind in kinds:
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
