"""Lists whose filter, order and page live in the URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

T = TypeVar("T")
SIZES = (25, 50, 100, 200)


class ListForm(forms.Form):
    """What a list's URL may say; a feature adds its filters as fields.

    `sortable` maps a column of the page to what the tenant sorts by; `sort=name` is ascending, `sort=-name`
    descending. Fields of this class are never part of a job's scope: only filters are.
    """

    page = forms.IntegerField(
        min_value=1,
        max_value=1_000_000,
        required=False,
        error_messages={
            "min_value": "Pages are counted from 1.",
            "max_value": "No list has that many pages.",
            "invalid": "A page is a number: 1, 2, 3 and so on.",
        },
    )
    size = forms.TypedChoiceField(choices=[(s, str(s)) for s in SIZES], coerce=int, required=False)
    sort = forms.CharField(required=False, max_length=50)

    sortable: ClassVar[dict[str, str]] = {}

    def clean_sort(self) -> str:
        sort: str = self.cleaned_data["sort"]
        if sort and sort.removeprefix("-") not in self.sortable:
            raise forms.ValidationError(f"This list cannot be sorted by “{sort}”.")
        return sort

    @property
    def page_number(self) -> int:
        return self.cleaned_data.get("page") or 1

    @property
    def page_size(self) -> int:
        return self.cleaned_data.get("size") or SIZES[0]

    @property
    def order(self) -> tuple[str, bool] | None:
        """What the tenant shall sort by, and whether descending; none for the tenant's own order."""
        sort: str = self.cleaned_data.get("sort") or ""
        return (self.sortable[sort.removeprefix("-")], sort.startswith("-")) if sort else None

    def filters(self) -> dict[str, Any]:
        """The filters that are set, by field name, as validated values."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ListForm.base_fields and value not in (None, "", [], False)
        }

    def scope(self) -> str:
        """The filters that are set, as a canonical query string: the scope of a job over all that matches."""
        query = QueryDict(mutable=True)
        for name in sorted(self.filters()):
            query.setlist(self.add_prefix(name), self._raw(name))
        return query.urlencode()

    def _raw(self, name: str) -> list[str]:
        data = self.data
        return data.getlist(name) if isinstance(data, QueryDict) else [str(data[name])]


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One page of rows with what the table, the pager and the chips need.

    `total` is None where the tenant tells none; then `has_next` alone says whether more follow.
    """

    form: ListForm
    rows: Sequence[T]
    total: int | None = None
    has_next: bool = False

    @property
    def number(self) -> int:
        return self.form.page_number

    @property
    def pages(self) -> int | None:
        return None if self.total is None else max(1, -(-self.total // self.form.page_size))

    @property
    def first(self) -> int:
        return (self.number - 1) * self.form.page_size + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    def url(self, **changes: Any) -> str:
        """This list's query string with `changes`, from the first page unless `changes` names another."""
        return link(self.form.data, {"page": None, **changes})

    def unfiltered(self) -> str:
        """The query string of this list with all filters taken off."""
        return self.url(**{self.form.add_prefix(name): None for name in self.form.filters()})

    def sort_url(self, column: str) -> str:
        """The query string that sorts by `column`, or turns the order round where it already does."""
        current = self.form.cleaned_data.get("sort")
        return self.url(sort=f"-{column}" if current == column else column)

    def sorted_by(self, column: str) -> str:
        """`ascending`, `descending` or `none`: the value of the header's aria-sort."""
        sort = self.form.cleaned_data.get("sort")
        return {column: "ascending", f"-{column}": "descending"}.get(sort or "", "none")


def link(data: Mapping[str, Any], changes: Mapping[str, Any]) -> str:
    """`data` as a query string with `changes` applied: a value of None takes the parameter out."""
    # A copy of the QueryDict would be a deep one, and a page makes a dozen of these.
    query: dict[str, list[str]] = dict(data.lists()) if isinstance(data, QueryDict) else {}
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = [str(v) for v in value] if isinstance(value, list) else [str(value)]
    return f"?{urlencode({name: values for name, values in query.items() if any(values)}, doseq=True)}"
