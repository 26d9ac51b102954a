"""What all collections share: the classic verbs, derived from one declaration of filters."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Concatenate, Final, Generic, ParamSpec, TypeVar, cast, get_type_hints

from sdk.model.bulk import each
from sdk.model.entity import Entity, key_of
from sdk.model.filtered import Filtered
from sdk.model.filters import Vocabulary
from sdk.model.frames import Column, frame, paths_of
from sdk.model.matcher import kept_by
from sdk.model.object import only_objects
from sdk.model.pages import WORKERS, Listing
from sdk.model.projection import specs_of
from sdk.model.query import Query
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient

M = TypeVar("M", bound=Entity)
P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")

_LIMITING: Final = frozenset({"source", "dateFrom", "dateTo", "createdFrom", "createdTo"})
_COUNT: Final = """Count what matches without reading it.

The platform tells a total again for 10 seconds: a count may not know what was written just now."""
_FRAME: Final = """Read what matches into a pandas DataFrame; everything, unless ``limit`` says otherwise.

Args:
    columns: the path of each column, e.g. "c8y_Hardware.model", which is its name too; or (name, path).

Raises:
    ImportError: when pandas is not installed."""
_PAGING = ("limit", "page_size", "page_number", "as_values", "workers", "include", "exclude")


class Selection(Generic[M]):
    """A query together with what ``select`` and ``get_all`` were asked to make of its rows."""

    def __init__(self, query: Query[M], paging: Mapping[str, Any]) -> None:
        number = paging.get("page_number")
        # Five rows suit a look around; whoever wants all says so. A numbered page is wanted whole, and is one
        # of five rows where no size is said.
        size, workers = paging.get("page_size"), paging.get("workers") or WORKERS
        limit = paging.get("limit", None if number is not None and size else 5)
        self.query = replace(query, maximum=limit, size=size, workers=workers, number=number)
        include, exclude = paging.get("include"), paging.get("exclude")
        filtered = include is not None or exclude is not None
        self.rows = Filtered(self.query, kept_by(include, exclude)) if filtered else self.query
        self.as_values: str | Sequence[Any] | None = paging.get("as_values")

    def __iter__(self) -> Iterator[Any]:
        if self.as_values is None:
            return iter(self.rows)
        rows = self.rows.values(*specs_of(self.as_values))
        return (row[0] for row in rows) if isinstance(self.as_values, str) else rows


class Collection(Generic[M]):
    """Many objects of one kind in the tenant."""

    model: type[M]
    listing: Listing
    vocabulary: ClassVar[Vocabulary]

    def __init__(self, c8y: CumulocityRestClient) -> None:
        self.c8y = c8y

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.c8y!r})"

    def _query(self, expression: str | None, filters: Mapping[str, Any]) -> Query[M]:
        """The query for a raw expression and filters together."""
        return Query(self.c8y, self.listing, self.model, self._params(expression, filters))

    def _params(self, expression: str | None, filters: Mapping[str, Any]) -> dict[str, Any]:
        params = codec.split_expression(expression) if expression else {}
        for name, value in self.vocabulary.params(filters, type(self).__name__).items():
            if name in params:
                raise ValueError(f"{name} is given twice, in the expression and as a filter.")
            params[name] = value
        return params

    def _select(self, expression: str | None, query: Mapping[str, Any]) -> Selection[M]:
        paging = {name: query[name] for name in _PAGING if name in query}
        filters = {name: value for name, value in query.items() if name not in _PAGING}
        return Selection(self._query(expression, filters), paging)

    def _scope(self, vocabulary: Vocabulary, filters: Mapping[str, Any]) -> dict[str, str]:
        """The parameters of a change of many objects at once.

        Raises:
            TypeError: for a filter the platform does not know there; it might do more than was asked.
            ValueError: without any, which would mean everything.
        """
        # A list of the same may know it.
        params = vocabulary.params(filters, f"A call that changes many {type(self).__name__.lower()}")
        if not params.keys() - vocabulary.widening:
            raise ValueError("At least one filter is needed; without any it would concern everything.")
        return params

    def _delete_records(self, vocabulary: Vocabulary, filters: Mapping[str, Any]) -> None:
        """Delete many records at once (DELETE).

        Raises:
            TypeError, ValueError: see ``_scope``; and without a source and without dates, as the platform
                refuses it.
        """
        params = self._scope(vocabulary, filters)
        if not _LIMITING & params.keys():
            raise ValueError("Many are deleted by a source or dates; other filters alone are not enough.")
        self.c8y.delete(self.listing.path, params)

    def get(self, id: str, /) -> M:
        """Read one object by its id (GET).

        Raises:
            NotFound: when there is none, or none this user may see.
        """
        return self.model._read(self.c8y, id)

    def create(self, *objects: M, workers: int | None = None) -> list[M]:
        """Create objects (POST each) and return them with their ids.

        Args:
            workers: how many calls at once; one after the other when left out.

        Raises:
            BulkError: when one of several failed; a single one raises its own error.
        """
        return each(lambda one: one._create(self.c8y), only_objects(objects), workers)

    def update(self, *objects: Any, workers: int | None = None) -> None:
        """Write the changes of objects (PUT each, none for an unchanged one).

        A dict in the first place is written to every id that follows it: ``update({"x": 1}, "1", "2")``.

        Raises:
            BulkError: see ``create``.
        """
        if objects and isinstance(objects[0], Mapping):
            self.apply_to(dict(objects[0]), *objects[1:], workers=workers)
            return
        each(lambda one: one._update(self.c8y), only_objects(objects), workers)

    def apply_to(self, model: M | Mapping[str, Any], *objects: M | str, workers: int | None = None) -> None:
        """Write the same content to many objects, given as objects or ids (PUT each).

        Args:
            model: JSON, sent as it is; or an object, sent without what only the platform sets.

        Raises:
            BulkError: see ``create``.
        """
        json = model._appliable() if isinstance(model, Entity) else dict(model)
        if not json:
            raise ValueError("There is nothing to write.")
        each(lambda one: self.model._put(self.c8y, key_of(one), json), objects, workers)

    def delete(self, *objects: M | str, workers: int | None = None) -> None:
        """Delete objects, given as objects or ids (DELETE each).

        Raises:
            BulkError: see ``create``.
        """
        each(lambda one: self._delete_one(one, {}), objects, workers)

    def _delete_one(self, one: M | str, params: Mapping[str, Any]) -> None:
        self.c8y.delete(self.model._object_path(self.c8y, key_of(one)), params)


def _derived(
    source: Callable[Concatenate[S, P], Any], end: Callable[[Any], R], doc: str
) -> Callable[Concatenate[S, P], R]:
    """A verb with the arguments of another that makes something of its result."""

    @functools.wraps(source)
    def method(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return end(source(self, *args, **kwargs))

    method.__doc__ = f"{doc}\n\n{inspect.getdoc(source) or ''}".rstrip()
    return cast("Callable[Concatenate[S, P], R]", method)


def selecting(source: Callable[Concatenate[S, P], Selection[M]]) -> Callable[Concatenate[S, P], Iterator[M]]:
    """Derive ``select``."""
    return _derived(source, iter, "Iterate over what matches, page by page; at most ``limit`` rows.")


def collecting(source: Callable[Concatenate[S, P], Selection[M]]) -> Callable[Concatenate[S, P], list[M]]:
    """Derive ``get_all``."""
    return _derived(source, list, "Read what matches into a list; at most ``limit`` rows (5 unless given).")


def counting(where: Callable[Concatenate[S, P], Query[M]]) -> Callable[Concatenate[S, P], int]:
    """Derive ``get_count``."""
    return _derived(where, lambda query: query.count(), _COUNT)


def latest(where: Callable[Concatenate[S, P], Query[M]]) -> Callable[Concatenate[S, P], M | None]:
    """Derive ``get_last`` for a collection that lists its newest first."""
    return _derived(where, lambda query: query.first(), "The newest that matches, None if there is none.")


def framing(
    source: Callable[Concatenate[S, P], Selection[M]],
) -> Callable[Concatenate[S, Sequence[Column], P], Any]:
    """Derive ``to_dataframe``."""

    ask: Any = source

    def method(self: Any, columns: Sequence[Column], /, *args: Any, **query: Any) -> Any:
        asked: Any = {"limit": None, **query, "as_values": paths_of(columns)}
        return frame(columns, ask(self, *args, **asked))

    method.__qualname__ = "to_dataframe"
    method.__doc__ = f"{_FRAME}\n\n{inspect.getdoc(source) or ''}".rstrip()
    shown = inspect.signature(source)
    this, *others = (one for one in shown.parameters.values() if one.name != "as_values")
    kind = inspect.Parameter.POSITIONAL_ONLY
    wanted = inspect.Parameter("columns", kind, annotation=Sequence[Column])
    ours = shown.replace(parameters=[this.replace(kind=kind), wanted, *others], return_annotation=Any)
    method.__signature__ = ours  # type: ignore[attr-defined]
    return method


def first_of_each(rows: Iterable[M], kind: Callable[[M], str | None]) -> dict[str, M]:
    """The first row of each kind by its kind, in the order of the rows."""
    found: dict[str, M] = {}
    for one in rows:
        found.setdefault(kind(one) or "", one)
    return found


def spelled_out(method: Callable[P, R]) -> Callable[P, R]:
    """Show ``**filters: Unpack[…]`` as real keywords to ``help()`` and to editors at run time."""
    hints = get_type_hints(method, include_extras=True)
    shown = []
    for one in inspect.signature(method).parameters.values():
        if one.kind is not inspect.Parameter.VAR_KEYWORD:
            shown.append(one)
            continue
        declared = get_type_hints(hints[one.name].__args__[0])
        shown += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
            for name, kind in declared.items()
        ]
    method.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    return method
