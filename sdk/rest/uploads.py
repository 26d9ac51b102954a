"""Files sent by PUT: as the whole body under a name of their own, or within a form."""

from __future__ import annotations

from typing import Any

from sdk.rest import answers, files, media_types
from sdk.rest.client import CumulocityRestClient
from sdk.rest.files import FileSpec
from sdk.rest.streams import target


def put_named(
    client: CumulocityRestClient, resource: str, file: FileSpec, name: str, content_type: str | None
) -> Any:
    """PUT a file as the whole body under a name of its own; it is read piece by piece.

    Raises:
        OSError: when there is no such file.
        C8yError: see ``sdk.errors``.
    """
    headers = client._headers("PUT", media_types.JSON, content_type or media_types.BINARY)
    headers["Content-Disposition"] = f"attachment; {files._parameter('filename', name)}"
    with files.opened(file) as found:
        url = client.base_url + target(resource, ())
        return answers.document(client._channel.call("PUT", url, headers, files.Body([found])))


def put_form(client: CumulocityRestClient, resource: str, file: FileSpec) -> Any:
    """PUT a file as ``multipart/form-data``; it is read piece by piece.

    Raises:
        OSError: when there is no such file.
        C8yError: see ``sdk.errors``.
    """
    with files.opened(file) as found:
        body, media = files.multipart(None, found, files.name_of(file, None), None)
        return answers.document(client.send("PUT", resource, (), body, media_types.JSON, media))
