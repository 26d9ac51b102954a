"""Files received piece by piece, and gone on with after a break."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from email.message import Message
from email.utils import collapse_rfc2231_value
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self
from urllib.parse import urlsplit

import requests

from sdk.errors import Invalid, Unreachable
from sdk.rest import answers, codec, media_types
from sdk.rest.files import FileSpec
from sdk.rest.streams import opened, target

if TYPE_CHECKING:
    from sdk.rest.client import CumulocityRestClient

# What arrives of a piece before the connection breaks is lost, so pieces are small.
_PIECE: Final = 64 * 1024


class Download:
    """A file being received: iterate over its pieces, or ``save`` it. Use it in a ``with`` statement.

    A connection that breaks is opened again where it broke, as often as the client's ``RetryPolicy`` allows
    without any progress. There is no deadline for the whole, only for each silence.

    Attributes:
        name: what the tenant calls the file, without folders and control characters; "" if it does not say.
        content_type: its media type.
        size: bytes of the whole file, None where the tenant does not tell.
        position: how many bytes of the file have been passed.
    """

    def __init__(
        self,
        client: CumulocityRestClient,
        resource: str,
        params: codec.Params = (),
        *,
        accept: str = "*/*",
        start: int = 0,
        resumable: bool = True,
    ) -> None:
        if start < 0:
            raise ValueError("A file starts at byte 0.")
        self._client = client
        self._url = client.base_url + target(resource, params)
        self._accept, self._resumable = accept, resumable
        self._failures = 0
        self._open: requests.Response | None = None
        self.size: int | None = None
        self._begin(start)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the transfer."""
        if self._open is not None:
            self._open.close()
            self._open = None
            self._client._channel.leave()

    def __iter__(self) -> Iterator[bytes]:
        while self._open is not None:
            try:
                yield from self._pieces(self._open)
                self._check_end()
                return
            except (requests.RequestException, Unreachable) as problem:
                self._go_on(problem)

    def save(self, file: BinaryIO) -> int:
        """Write what is left to an open file, and tell how many bytes that were."""
        return sum(file.write(piece) for piece in self)

    def _begin(self, start: int) -> None:
        """Open the transfer so that the next byte is that at ``start``."""
        headers = self._client._headers("GET", self._accept, None)
        headers["Accept-Encoding"] = "identity"  # positions count the bytes of the file itself
        if start:
            headers["Range"] = f"bytes={start}-"
        response = opened(self._client, self._url, headers)
        self._open = response
        self.name = file_name(response.headers.get("Content-Disposition"))
        self.content_type = response.headers.get("Content-Type", media_types.BINARY)
        self._offset, size = _extent(response)
        if self._offset > start or size not in (None, self.size or size):
            self.close()
            raise Unreachable("The file changed while it was received.")
        self.size, self.position = size, start

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        for piece in response.iter_content(_PIECE):
            # Not every resource listens to Range: what was had before is passed over.
            fresh = piece[max(0, self.position - self._offset) :]
            self._offset += len(piece)
            if fresh:
                self.position += len(fresh)
                self._failures = 0
                yield fresh

    def _check_end(self) -> None:
        self.close()
        if self.size is not None and self._offset != self.size:
            raise Unreachable(f"The file ended at byte {self._offset} of {self.size}.")

    def _go_on(self, problem: Exception) -> None:
        self.close()
        error = problem
        if isinstance(problem, requests.RequestException):
            error = answers.failure(problem, urlsplit(self._url).netloc)
        self._failures += 1
        pause = self._client._channel.retry.pause(self._failures, None) if self._resumable else None
        if pause is None or isinstance(error, ValueError):
            raise error from problem
        time.sleep(pause)
        self._begin(self.position)


def _extent(response: requests.Response) -> tuple[int, int | None]:
    """The first byte an answer holds, and the size of the whole file."""
    if response.status_code == 206:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip())
        if not found:
            raise Unreachable("The tenant does not say which part of the file it sends.")
        return int(found[1]), None if found[2] == "*" else int(found[2])
    length = response.headers.get("Content-Length", "")
    encoded = response.headers.get("Content-Encoding", "identity") != "identity"
    return 0, int(length) if length.isdecimal() and not encoded else None


def file_name(disposition: str | None) -> str:
    """The name in a ``Content-Disposition`` without folders and control characters; "" if there is none."""
    message = Message()
    message["Content-Disposition"] = re.sub(r"[\r\n]", "", disposition or "")
    found = message.get_params([], "content-disposition")
    names: list[Any] = [value for key, value in found if key.lower() == "filename"]
    # The form that knows its encoding comes first.
    names.sort(key=lambda one: not isinstance(one, tuple))
    name = re.sub(r"[\x00-\x1f\x7f]", "", collapse_rfc2231_value(names[0]) if names else "")
    last = re.split(r"[\\/]", name)[-1].strip()
    return "" if last in {".", ".."} else last


def save(
    client: CumulocityRestClient,
    resource: str,
    file: FileSpec,
    params: codec.Params = (),
    *,
    accept: str = "*/*",
    resume: bool = False,
    resumable: bool = True,
) -> int:
    """Receive a file into a path or an open file.

    A path appears only when the file is complete; until then its content is in a file ``….part`` beside it.

    Args:
        resume: go on with what an earlier attempt left in ``….part``, and leave it there after a failure.
        resumable: whether the same request gives the same bytes again.

    Returns:
        The size of the file in bytes; of an open file, how many were written.
    """
    if not isinstance(file, str | PathLike):
        with Download(client, resource, params, accept=accept, resumable=resumable) as download:
            return download.save(file)
    part = Path(f"{Path(file)}.part")
    start = part.stat().st_size if resume and part.exists() else 0
    try:
        with _from(client, resource, params, accept, start, resumable) as download:
            with part.open("r+b" if start else "wb") as kept:
                kept.truncate(download.position)
                kept.seek(0, 2)
                download.save(kept)
            size = download.position
    except BaseException:
        if not resume:
            part.unlink(missing_ok=True)
        raise
    part.replace(file)
    return size


def _from(
    client: CumulocityRestClient,
    resource: str,
    params: codec.Params,
    accept: str,
    start: int,
    resumable: bool,
) -> Download:
    """A download from ``start``, or from the beginning where there is nothing at ``start``."""
    if start:
        with suppress(Invalid):
            found = Download(client, resource, params, accept=accept, start=start, resumable=resumable)
            if found.size is None or start <= found.size:
                return found
            found.close()
    return Download(client, resource, params, accept=accept, resumable=resumable)


def written(pieces: Iterable[bytes], file: FileSpec) -> int:
    """Write pieces to an open file, or to a path that appears only when all of them are there.

    Returns:
        How many bytes that were.
    """
    if not isinstance(file, str | PathLike):
        return sum(file.write(piece) for piece in pieces)
    part = Path(f"{Path(file)}.part")
    try:
        with part.open("wb") as kept:
            size = sum(kept.write(piece) for piece in pieces)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.replace(file)
    return size
