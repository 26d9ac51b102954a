"""Objects that live in the tenant: created, read, updated and deleted by their own verbs."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self
from urllib.parse import unquote

from sdk.model import fields
from sdk.model.object import CumulocityObject
from sdk.rest import answers, codec, media_types
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor


class Entity(CumulocityObject):
    """An object with an id and an address of its own."""

    __slots__ = ()

    # What the platform sets by itself: part of what is read, never of what is created or applied.
    _server_only: ClassVar[frozenset[str]] = frozenset({"id", "self", "creationTime", "lastUpdated"})
    # What is given at creation and never changes: an update that names it is refused.
    _fixed: ClassVar[frozenset[str]] = frozenset()
    # What an update must name although it does not change.
    _always: ClassVar[tuple[str, ...]] = ()
    _media: ClassVar[str] = ""
    _path: ClassVar[str] = ""

    id = fields.text("id", readonly=True)

    def _fill(self, **fields: Any) -> None:
        """Assign the typed fields that are given."""
        for name, value in fields.items():
            if value is not None:
                setattr(self, name, value)

    @classmethod
    def _kind(cls) -> str:
        """The media type; resources without one of the platform's own are plain JSON."""
        return vendor(cls._media) if cls._media else media_types.JSON

    @classmethod
    def _collection_path(cls, c8y: CumulocityRestClient) -> str:
        return cls._path

    @classmethod
    def _object_path(cls, c8y: CumulocityRestClient, key: str | int) -> str:
        return f"{cls._collection_path(c8y)}/{codec.segment(key)}"

    def _key(self) -> str:
        """What addresses the object within its collection."""
        if not self.id:
            raise ValueError(f"This {type(self).__name__} has no id yet; create it or read it first.")
        return self.id

    def _content(self) -> dict[str, Any]:
        """What an object may be created from: all but what only the platform sets."""
        return {key: value for key, value in self._writable().items() if key not in self._server_only}

    def _appliable(self) -> dict[str, Any]:
        """What may be written to another object."""
        return {key: value for key, value in self._content().items() if key not in self._fixed}

    def create(self) -> Self:
        """Create this object in the tenant (POST to its collection).

        Returns:
            A fresh object with the tenant's id; this one stays as it is and can be created again.
        """
        return self._create(self._client())

    def _create(self, c8y: CumulocityRestClient, resource: str | None = None) -> Self:
        kind = self._kind()
        body = codec.dump_json(self._content())
        response = c8y.send("POST", resource or self._collection_path(c8y), (), body, kind, kind)
        if raw := answers.raw_object(response):
            return self._from_raw(raw, c8y)
        # Without a body the id is at the end of the address; a transient one has none.
        found = re.search(r"/([^/?#]+)/?$", response.headers.get("Location", ""))
        known = {"id": unquote(found[1])} if found else {}
        return self.from_json({**self._content(), **known}, c8y)

    def update(self, copy: bool = False) -> Self:
        """Write what was changed (PUT of ``changes()``); without changes nothing is sent.

        Args:
            copy: leave this object alone and return a fresh one with the tenant's state.
        """
        return self._update(self._client(), copy=copy)

    def _update(self, c8y: CumulocityRestClient, *, copy: bool = False) -> Self:
        changes = self.changes()
        if not changes:
            return self._from_raw(self._raw, c8y) if copy else self
        if self._always:
            changes = {key: value for key in self._always if (value := self.get(key)) is not None} | changes
        raw = self._put(c8y, self._key(), changes) or codec.dump_json(codec.present(self._writable()))
        return self._settled(raw, c8y, copy=copy)

    def apply(self, json: dict[str, Any], copy: bool = False) -> Self:
        """Write a document to this object in the tenant (PUT), and take over the tenant's answer."""
        c8y = self._client()
        raw = self._put(c8y, self._key(), json)
        return self._settled(raw, c8y, copy=copy) if raw else self.reload(copy=copy)

    def apply_to(self, other_id: str) -> Self:
        """Write this object's whole content to another object (PUT), and return that one as it is now."""
        c8y = self._client()
        raw = self._put(c8y, other_id, self._appliable())
        return self._from_raw(raw, c8y) if raw else self._read(c8y, other_id)

    def reload(self, copy: bool = False) -> Self:
        """Read the object again (GET); changes not yet written are lost unless ``copy`` is set."""
        c8y = self._client()
        return self._settled(c8y.read(self._object_path(c8y, self._key())), c8y, copy=copy)

    def delete(self, with_device_user: bool | None = None) -> None:
        """Delete the object in the tenant (DELETE).

        Args:
            with_device_user: of no use here; see ``Device.delete``.
        """
        c8y = self._client()
        c8y.delete(self._object_path(c8y, self._key()))

    @classmethod
    def _read(cls, c8y: CumulocityRestClient, key: str | int, params: codec.Params = ()) -> Self:
        raw = c8y.read(
            cls._object_path(c8y, key), params, ", ".join(dict.fromkeys((cls._kind(), media_types.JSON)))
        )
        return cls._from_raw(raw, c8y)

    @classmethod
    def _put(cls, c8y: CumulocityRestClient, key: str | int, json: dict[str, Any]) -> bytes:
        kind = cls._kind()
        response = c8y.send("PUT", cls._object_path(c8y, key), (), codec.dump_json(json), kind, kind)
        return answers.raw_object(response)

    def _settled(self, raw: bytes, c8y: CumulocityRestClient, *, copy: bool) -> Self:
        if copy:
            return self._from_raw(raw, c8y)
        self._take(raw)
        return self


class Dated(Entity):
    """An object of which the platform tells when it was created and last changed."""

    __slots__ = ()

    creation_time = fields.time("creationTime", readonly=True)
    creation_datetime = fields.moment("creationTime", readonly=True)
    last_updated = fields.time("lastUpdated", readonly=True)
    last_updated_datetime = fields.moment("lastUpdated", readonly=True)
    update_time, update_datetime = last_updated, last_updated_datetime


def key_of(one: Entity | str) -> str:
    """The id of an object given as itself or as its id."""
    return one._key() if isinstance(one, Entity) else one
