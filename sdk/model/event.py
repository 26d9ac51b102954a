"""One event: something that happened at a device."""

from __future__ import annotations

from typing import Any, Self

from sdk.model import attachments, fields
from sdk.model.entity import Dated
from sdk.model.unchanging import complete
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient
from sdk.rest.files import FileSpec


class Event(Dated):
    """One event. Its type, source and time stay as they are created.

    Args:
        type: what kind of event it is.
        time: when it happened: ISO text with a zone, an aware datetime, or "now".
        source: the id of the device.
        text: what people read.
        fragments: custom fragments by name.

    Raises:
        ValueError: for a time without a zone.
    """

    __slots__ = ()
    _media = "event"
    _path = "/event/events"
    _server_only = Dated._server_only | {attachments.FRAGMENT}
    _fixed = frozenset({"type", "time", "source"})

    type = fields.text("type")
    text = fields.text("text")
    source = fields.reference("source")
    source_name = fields.member("source", "name")
    time = fields.time("time")
    datetime = fields.moment("time")

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        type: str | None = None,
        time: codec.When | None = None,
        source: str | None = None,
        text: str | None = None,
        **fragments: Any,
    ) -> None:
        super().__init__(c8y)
        self._fill(type=type, text=text, source=source, time=time)
        self += fragments

    def _create(self, c8y: CumulocityRestClient, resource: str | None = None) -> Self:
        complete(self._content(), "An event", "type", "source", "time", "text")
        return super()._create(c8y, resource)

    def has_attachment(self) -> bool:
        """Whether there was an attachment when the event was read; nothing is sent."""
        return attachments.FRAGMENT in self._writable()

    def create_attachment(self, file: FileSpec, content_type: str | None = None) -> dict[str, Any]:
        """Attach a file, at once; see ``Events.create_attachment``."""
        return attachments.create(self._client(), self._key(), file, content_type)

    def update_attachment(self, file: FileSpec, content_type: str | None = None) -> dict[str, Any]:
        """Replace the attached file, at once; see ``Events.update_attachment``."""
        return attachments.update(self._client(), self._key(), file, content_type)

    def download_attachment(self) -> bytes:
        """The content of the attached file (GET …/binaries).

        Raises:
            NotFound: when there is none.
        """
        return self._client().get_file(attachments.path_of(self._key()))

    def delete_attachment(self) -> None:
        """Remove the attached file, at once (DELETE …/binaries)."""
        self._client().delete(attachments.path_of(self._key()))
