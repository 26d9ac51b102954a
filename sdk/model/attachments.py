"""The one file that an event may have attached."""

from __future__ import annotations

from typing import Any, Final

from sdk.rest import codec, files, uploads
from sdk.rest.client import CumulocityRestClient
from sdk.rest.files import FileSpec

# Shows on an event that it has one.
FRAGMENT: Final = "c8y_IsBinary"


def path_of(event_id: str) -> str:
    """The resource of an event's attachment."""
    return codec.path("event", "events", event_id, "binaries")


def create(
    c8y: CumulocityRestClient, event_id: str, file: FileSpec, content_type: str | None
) -> dict[str, Any]:
    """Attach a file to an event that has none (POST …/binaries)."""
    about = {"name": files.name_of(file, None), "type": content_type or "application/octet-stream"}
    found: dict[str, Any] = c8y.post_file(
        path_of(event_id), file, form_data={"object": about}, content_type=content_type
    )
    return found


def update(
    c8y: CumulocityRestClient, event_id: str, file: FileSpec, content_type: str | None
) -> dict[str, Any]:
    """Replace the file attached to an event (PUT …/binaries)."""
    name = files.name_of(file, None)
    found: dict[str, Any] = uploads.put_named(c8y, path_of(event_id), file, name, content_type)
    return found
