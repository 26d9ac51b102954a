"""Events: what happened at devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from sdk.model import attachments
from sdk.model.collection import (
    Collection,
    Selection,
    collecting,
    counting,
    first_of_each,
    framing,
    latest,
    selecting,
    spelled_out,
)
from sdk.model.event import Event
from sdk.model.filters import CreatedWindow, Paging, TimeWindow, UpdatedWindow, Vocabulary
from sdk.model.order import Order, put_revert, take_revert, unordered
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.rest import downloads
from sdk.rest.codec import Age
from sdk.rest.files import FileSpec
from sdk.rest.media_types import vendor


class EventDeletion(TimeWindow, CreatedWindow, total=False):
    """The filters that a deletion of many events at once understands.

    ``fragment`` (or ``fragment_type``): that hold this fragment.
    """

    type: str
    source: str
    fragment: str
    fragment_type: str


class EventFilter(EventDeletion, UpdatedWindow, Order, total=False):
    """The filters of a list of events; they combine with *and*.

    ``fragment_value``: whose ``fragment`` is this text. ``with_source_…``: also the events of what is below
    the ``source``. Newest first, unless ``ascending=True`` (or the platform's ``revert=True``).
    """

    fragment_value: str
    with_source_children: bool
    with_source_assets: bool
    with_source_devices: bool
    with_source_additions: bool


class EventQuery(EventFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


_RENAMED = {"fragment": "fragmentType"}
_DELETION = Vocabulary(EventDeletion, renamed=_RENAMED, always=frozenset())


class EventSelection(Query[Event]):
    """A query of events."""

    def _shifts(self) -> bool:
        return self.params.get("revert") != "true"


class Events(Collection[Event]):
    """The events of the tenant, newest first."""

    model = Event
    listing = Listing("/event/events", "events", accept=vendor("eventcollection"))
    vocabulary = Vocabulary(EventFilter, renamed=_RENAMED)

    @spelled_out
    def where(self, expression: str | None = None, /, **filters: Unpack[EventFilter]) -> Query[Event]:
        """A query for events (GET /event/events), sent when it is used.

        Args:
            expression: a raw REST query string, not encoded, e.g. ``"source=1&type=c8y_Door"``.
            filters: see ``EventFilter``.

        Raises:
            ValueError: for ``fragment_value`` without ``fragment``, or ``with_source_…`` without ``source``.
        """
        return self._query(expression, filters)

    @spelled_out
    def _newest(self, expression: str | None = None, /, **filters: Unpack[EventFilter]) -> Query[Event]:
        """Args: see ``where``; the order is given."""
        return self._query(expression, unordered(filters))

    @spelled_out
    def _asked(self, expression: str | None = None, /, **query: Unpack[EventQuery]) -> Selection[Event]:
        """Args: see ``where`` for the filters, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)
    get_last = latest(_newest)

    def _query(self, expression: str | None, filters: Mapping[str, Any]) -> Query[Event]:
        given = dict(filters)
        revert = take_revert(given, ascends=True)
        params = self._params(expression, given)
        if "fragmentValue" in params and "fragmentType" not in params:
            raise ValueError("fragment_value needs the fragment whose value it is.")
        if self.vocabulary.widening & params.keys() and "source" not in params:
            raise ValueError("with_source_… needs the source whose surroundings are meant.")
        if revert:
            put_revert(params, True)
        return EventSelection(self.c8y, self.listing, self.model, params)

    def skim_latest(self, source: str, *, max_age: Age | None = None, limit: int = 200) -> dict[str, Event]:
        """The newest event of each type among the newest ones of a device.

        Args:
            max_age: no older ones, e.g. "1d" or "2h30m".
            limit: how many are looked at.

        Returns:
            By type, the newest first.
        """
        filters: EventFilter = {"source": source}
        if max_age is not None:
            filters["max_age"] = max_age
        return first_of_each(self.where(**filters).limit(limit), lambda one: one.type)

    @spelled_out
    def delete_by(self, **filters: Unpack[EventDeletion]) -> None:
        """Delete all events that match, in one call (DELETE /event/events), in the background.

        Args:
            filters: a source or a date among them.

        Raises:
            ValueError: without a source and without a date, which the platform refuses.
        """
        self._delete_records(_DELETION, filters)

    def build_attachment_path(self, event_id: str) -> str:
        """The resource of an event's attachment."""
        return attachments.path_of(event_id)

    def create_attachment(
        self, event_id: str, file: FileSpec, content_type: str | None = None
    ) -> dict[str, Any]:
        """Attach a file to an event (POST /event/events/{id}/binaries); it is read piece by piece.

        Args:
            file: path or open binary file.
            content_type: its media type; ``application/octet-stream`` when left out.

        Returns:
            ``{"name": …, "type": …, "source": …, "self": …}``.

        Raises:
            OSError: when there is no such file.
            Conflict: when there is an attachment already.
        """
        return attachments.create(self.c8y, event_id, file, content_type)

    def update_attachment(
        self, event_id: str, file: FileSpec, content_type: str | None = None
    ) -> dict[str, Any]:
        """Replace the file attached to an event (PUT …/binaries); see ``create_attachment``."""
        return attachments.update(self.c8y, event_id, file, content_type)

    def download_attachment(self, event_id: str) -> bytes:
        """The content of the file attached to an event (GET /event/events/{id}/binaries).

        Raises:
            NotFound: when there is none.
        """
        return self.c8y.get_file(attachments.path_of(event_id))

    def save_attachment(self, event_id: str, file: FileSpec) -> int:
        """Receive the file attached to an event, piece by piece (GET /event/events/{id}/binaries).

        Args:
            file: a path, which appears when the file is complete, or an open binary file.

        Returns:
            Its size in bytes.
        """
        return downloads.save(self.c8y, attachments.path_of(event_id), file)

    def delete_attachment(self, event_id: str) -> None:
        """Remove the file attached to an event (DELETE /event/events/{id}/binaries)."""
        self.c8y.delete(attachments.path_of(event_id))
