"""Binaries: files in the inventory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Self, TypedDict, Unpack

from sdk.model import fields
from sdk.model.bulk import each
from sdk.model.collection import Collection, Selection, collecting, counting, framing, selecting, spelled_out
from sdk.model.entity import key_of
from sdk.model.filters import Paging, Vocabulary
from sdk.model.managed_object import ManagedObject
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.rest import codec, downloads, files
from sdk.rest.client import CumulocityRestClient
from sdk.rest.downloads import Download
from sdk.rest.files import FileSpec
from sdk.rest.media_types import BINARY, vendor

_PLACE: Final = "/inventory/binaries"


class Binary(ManagedObject):
    """A file with the managed object that describes it.

    Args:
        type: the file's media type, as the object's type.
        name: what to call the file; its own name, without folders, when left out.
        content_type: the file's media type; ``type`` when left out.
        file: path or open binary file that ``create`` and ``update`` send.
        fragments: custom fragments by name.
    """

    __slots__ = ("file",)
    _server_only = ManagedObject._server_only | {"c8y_IsBinary", "length", "contentType"}

    content_type = fields.text("contentType")
    length = fields.integer("length", readonly=True)

    file: FileSpec | None

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        *,
        type: str | None = None,
        name: str | None = None,
        owner: str | None = None,
        content_type: str | None = None,
        file: FileSpec | None = None,
        **fragments: Any,
    ) -> None:
        super().__init__(c8y, type, name, owner, **fragments)
        if content_type is not None:
            self.content_type = content_type
        self.file = file

    @classmethod
    def _from_raw(cls, raw: Any, c8y: CumulocityRestClient | None) -> Self:
        self = super()._from_raw(raw, c8y)
        self.file = None
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        made = super().__deepcopy__(memo)
        made.file = self.file
        return made

    def _create(self, c8y: CumulocityRestClient, resource: str | None = None) -> Self:
        if self.file is None:
            raise ValueError("A binary needs the file to upload: Binary(file=…).")
        name = self.name or files.name_of(self.file, None)
        media = self.content_type or self.type or BINARY
        about = self._content() | {"name": name, "type": self.type or media}
        kind = vendor(self._media)
        found = c8y.post_file(_PLACE, self.file, name, {"object": about}, accept=kind, content_type=media)
        return self.from_json(found, c8y)

    def _update(self, c8y: CumulocityRestClient, *, copy: bool = False) -> Self:
        """Write what was changed: a file that was assigned (PUT /inventory/binaries/{id}), then the rest."""
        file = self.file
        if file is None:
            return super()._update(c8y, copy=copy)
        changes = {key: value for key, value in self.changes().items() if key not in self._server_only}
        _replace(c8y, self._key(), file, self.content_type or self.type)
        if changes:
            self._put(c8y, self._key(), changes)
        self.file = file if copy else None
        return self._settled(c8y.read(self._object_path(c8y, self._key())), c8y, copy=copy)

    def read_file(self) -> bytes:
        """The content of the file (GET /inventory/binaries/{id}), up to the connector's ``max_body``."""
        return self._client().get_file(_place(self._key()))

    def delete(self, with_device_user: bool | None = None) -> None:
        """Delete the file and its object (DELETE /inventory/binaries/{id})."""
        self._client().delete(_place(self._key()))


class BinaryFilter(TypedDict, total=False):
    """The filters of a list of binaries; they combine with *and*.

    ``child_device``, ``child_asset``, ``child_addition``: what has this object as its child.
    """

    ids: str | Sequence[str]
    type: str
    owner: str
    text: str
    child_device: str
    child_asset: str
    child_addition: str


class BinaryQuery(BinaryFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


class Binaries(Collection[Binary]):
    """The files in the inventory."""

    model = Binary
    # The platform counts pages here, but not elements.
    listing = Listing(_PLACE, "managedObjects", "", "withTotalPages", vendor("managedobjectcollection"))
    vocabulary = Vocabulary(
        BinaryFilter,
        renamed={
            "child_device": "childDeviceId",
            "child_asset": "childAssetId",
            "child_addition": "childAdditionId",
        },
        lists=frozenset({"ids"}),
    )

    @spelled_out
    def where(self, expression: str | None = None, /, **filters: Unpack[BinaryFilter]) -> Query[Binary]:
        """A query for binaries (GET /inventory/binaries), sent when it is used.

        Args:
            expression: a raw REST query string, not encoded, e.g. ``"owner=admin"``.
            filters: see ``BinaryFilter``.
        """
        return self._query(expression, filters)

    @spelled_out
    def _asked(self, expression: str | None = None, /, **query: Unpack[BinaryQuery]) -> Selection[Binary]:
        """Args: see ``where`` for the filters, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)

    def upload(self, file: FileSpec, name: str | None = None, type: str | None = None) -> Binary:
        """Upload a file (POST /inventory/binaries); it is read piece by piece.

        Args:
            file: path or open binary file.
            name: what to call it; its own name, without folders, when left out.
            type: its media type; ``application/octet-stream`` when left out.

        Raises:
            OSError: when there is no such file.
        """
        return Binary(name=name, type=type, file=file)._create(self.c8y)

    def update(
        self,
        *objects: Any,
        file: FileSpec | None = None,
        type: str | None = None,
        workers: int | None = None,
    ) -> None:
        """Write the changes of binaries, see ``Collection.update``; or replace the content of one.

        ``update("4711", "new.csv", type="text/csv")`` sends the file as the whole body
        (PUT /inventory/binaries/{id}).

        Args:
            type: the media type of the new content.

        Raises:
            OSError: when there is no such file.
        """
        if not objects or not isinstance(objects[0], str):
            super().update(*objects, workers=workers)
            return
        id, *given = objects
        content = given[0] if given else file
        if content is None or len(given) > 1:
            raise ValueError("An id alone says nothing of the new content: update(id, file).")
        _replace(self.c8y, id, content, type)

    def read_file(self, id: str) -> bytes:
        """The content of a file (GET /inventory/binaries/{id}), up to the connector's ``max_body``."""
        return self.c8y.get_file(_place(id))

    def stream(self, id: str, start: int = 0) -> Download:
        """The content of a file piece by piece, for a ``with`` statement; see ``Download``.

        Args:
            start: the first byte that is wanted.
        """
        return Download(self.c8y, _place(id), start=start)

    def download(self, id: str, file: FileSpec, *, resume: bool = False) -> int:
        """Receive a file into a path or an open file, piece by piece (GET /inventory/binaries/{id}).

        A path appears only when the file is complete; until then its content is in ``….part`` beside it.

        Args:
            resume: go on with what an earlier attempt left in ``….part``, and leave it there after a failure.

        Returns:
            Its size in bytes.
        """
        return downloads.save(self.c8y, _place(id), file, resume=resume)

    def delete(self, *objects: Binary | str, workers: int | None = None) -> None:
        """Delete files with their objects, given as objects or ids (DELETE /inventory/binaries/{id} each).

        Raises:
            BulkError: see ``create``.
        """
        each(lambda one: self.c8y.delete(_place(key_of(one))), objects, workers)


def _place(id: str) -> str:
    return f"{_PLACE}/{codec.segment(id)}"


def _replace(c8y: CumulocityRestClient, id: str, file: FileSpec, content_type: str | None) -> None:
    c8y.put_file(_place(id), file, vendor("managedobject"), content_type)
