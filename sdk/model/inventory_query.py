"""From the inventory's filters to one request: as parameters where those do, else as one query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypedDict, TypeVar

from sdk.errors import BadAnswer
from sdk.model import query_language as ql
from sdk.model.filters import Vocabulary
from sdk.model.managed_object import ManagedObject
from sdk.model.pages import LARGEST
from sdk.model.projection import Projection
from sdk.model.query import Query
from sdk.rest import codec

O = TypeVar("O", bound=ManagedObject)  # noqa: E741


class Extras(TypedDict, total=False):
    """What the answer holds besides the objects' own fragments."""

    with_children: bool
    with_children_count: bool
    skip_children_names: bool
    with_parents: bool
    with_latest_values: bool


class InventoryFilter(Extras, total=False):
    """The filters of the inventory; they combine with *and*.

    ``name`` may hold ``*`` as a wildcard. ``fragments`` are all there. ``group`` and ``parent`` are ids of
    groups whose direct members are wanted. ``query`` is a condition in the query language, with or without
    ``$filter=`` and ``$orderby=``. ``order_by`` is a key such as "name" or "name desc", or several.
    """

    type: str
    name: str
    owner: str
    fragment: str
    fragments: Iterable[str]
    group: str | int | Iterable[str | int]
    parent: str | int
    query: str
    order_by: str | Iterable[str]
    text: str
    ids: Iterable[str | int]
    only_roots: bool
    child_device: str
    child_asset: str
    child_addition: str
    with_groups: bool


VOCABULARY: Final = Vocabulary(
    InventoryFilter,
    renamed={
        "fragment": "fragmentType",
        "child_device": "childDeviceId",
        "child_asset": "childAssetId",
        "child_addition": "childAdditionId",
    },
    lists=frozenset({"ids"}),
)
# What the platform takes as parameters too, and answers fastest so.
_PLAIN: Final = frozenset({"type", "owner", "fragmentType"})
# What only shapes the answer; every other parameter selects.
_SHAPE: Final = frozenset(
    {
        "withChildren",
        "withChildrenCount",
        "skipChildrenNames",
        "withParents",
        "withGroups",
        "withLatestValues",
    }
)
# Selecting parameters that the platform leaves out of account beside a query.
_IGNORED: Final = frozenset({"text", "ids", "childDeviceId", "childAssetId", "childAdditionId"})


@dataclass(frozen=True)
class Request:
    """What is asked: conditions in the query language, and parameters of their own."""

    conditions: list[str]
    order: str
    params: dict[str, Any]

    @classmethod
    def of(cls, expression: str | None, filters: Mapping[str, Any], marker: str, of: str) -> Request:
        """Understand a raw expression and filters.

        Args:
            marker: the fragment all objects must have, "" for none.
            of: the collection's name for error messages.

        Raises:
            TypeError, ValueError: see ``Vocabulary.params``; also for text whose quotes do not match.
        """
        given = codec.present(filters)
        raw = codec.split_expression(expression or "")
        if "q" in raw:
            # The platform's short form for devices only.
            marker = marker or "c8y_IsDevice"
        queries = [
            ql.split(text) for text in (raw.pop("query", ""), raw.pop("q", ""), given.pop("query", ""))
        ]
        keys = ql.order(*_several(given.pop("order_by", ())))
        conditions = [condition for condition, _ in queries]
        conditions += [say(given.pop(name)) for name, say in _SPOKEN.items() if name in given]
        wanted = VOCABULARY.params(given, of)
        if wanted.keys() & raw.keys():
            twice = ", ".join(sorted(wanted.keys() & raw.keys()))
            raise ValueError(f"{twice} is given twice, in the expression and as a filter.")
        params = {"withChildren": "false"} | wanted | raw
        if marker and params.setdefault("fragmentType", marker) != marker:
            conditions.append(ql.has(marker))
        orders = keys or ",".join(order for _, order in queries if order)
        return cls([one for one in conditions if one], orders, params)

    def to_params(self) -> dict[str, str]:
        """The request's parameters.

        Raises:
            ValueError: for filters that the platform does not combine.
        """
        if not self.conditions and not self.order:
            return self.params
        beside = {name: value for name, value in self.params.items() if name not in _PLAIN}
        lost = sorted(beside.keys() & _IGNORED)
        if lost:
            raise ValueError(f"The platform does not combine {', '.join(lost)} with a query or an order.")
        return {"query": ql.compose(self._condition(), self.order), **beside}

    def condition(self) -> str | None:
        """Everything that selects as one condition; None if some of it cannot be said so."""
        if self.params.keys() - _SHAPE - _PLAIN:
            return None
        return self._condition()

    def _condition(self) -> str:
        plain = (say(self.params[name]) for name, say in _PLAINLY.items() if name in self.params)
        return ql.all_of(*plain, *self.conditions)


@dataclass(frozen=True)
class InventorySelection(Query[O], Generic[O]):
    """A query of the inventory.

    Attributes:
        condition: all its filters in the query language; None if some cannot be said in it.
    """

    condition: str | None = None

    def _shifts(self) -> bool:
        # By default objects come by id, and new ones at the end.
        return "$orderby=" in self.params.get("query", "")

    @property
    def by_id(self) -> bool:
        """Whether ``ids`` asks for what comes after the last id, page by page."""
        return self.condition is not None and self.maximum is None and self.number is None

    def ids(self, after: str | None = None) -> Iterator[str]:
        """The id of each object, each once and ordered by id, however the inventory changes meanwhile.

        It does not count pages but asks for what comes after the last id, which stays fast in large tenants.

        Args:
            after: only what comes after this id (see ``by_id``).
        """
        if not self.by_id:
            yield from super().ids(after)
            return
        last = after
        more = True
        while more:
            found, more = self._ids_after(last)
            yield from found
            last = found[-1] if found else None

    def _ids_after(self, last: str | None) -> tuple[list[str], bool]:
        """The next ids after one, and whether there are more. Just one page of them is read.

        A page may be empty for users who may not see everything; then its link leads on.
        """
        beyond = None if last is None else ql.gt("_id", last)
        query = ql.compose(ql.all_of(beyond, self.condition), "_id asc")
        decode = Projection(self.listing.key, self.listing.element, [("id", None)])
        asked = replace(self, params={"query": query, "withChildren": "false"})
        for sheet in asked._reader(decode).sheets(LARGEST, None, 1):
            found = [str(one) for (one,) in sheet.rows]
            if last in found:
                raise BadAnswer("The tenant does not list what comes after an id.")
            if found:
                return found, sheet.next is not None
        return [], False


def _several(value: Any) -> list[Any]:
    return [value] if isinstance(value, (str, int)) else list(value)


_SPOKEN: Final[dict[str, Any]] = {
    "name": lambda value: ql.eq("name", value),
    "fragments": lambda value: ql.all_of(*(ql.has(one) for one in _several(value))),
    "group": lambda value: ql.by_group(*_several(value)),
    "parent": ql.by_group,
}
_PLAINLY: Final[dict[str, Any]] = {
    "type": lambda value: ql.eq("type", value),
    "owner": lambda value: ql.eq("owner", value),
    "fragmentType": ql.has,
}
