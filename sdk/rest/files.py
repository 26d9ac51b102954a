"""File bodies: read piece by piece from where they are, never all at once."""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote

from sdk.rest import codec, media_types

FileSpec = str | os.PathLike[str] | BinaryIO

_PIECE: Final = 256 * 1024


@contextmanager
def opened(file: FileSpec) -> Generator[tuple[BinaryIO, int], None, None]:
    """A file to read from, and its size from where it stands now.

    Args:
        file: a path, which is opened and closed here, or an open binary file, which stays open.

    Raises:
        OSError: when there is no such file, or none that may be read.
        TypeError: for a file that was opened for text, and for the content itself.
    """
    if isinstance(file, io.TextIOBase):
        raise TypeError("A file is sent as bytes: open it by open(name, 'rb').")
    if isinstance(file, bytes | bytearray | memoryview):
        raise TypeError("A file is a path or an open file; bytes are one as io.BytesIO(content).")
    if isinstance(file, str | os.PathLike):
        with Path(file).open("rb") as found:
            yield found, os.fstat(found.fileno()).st_size
    elif file.seekable():
        start = file.tell()
        size = file.seek(0, os.SEEK_END) - start
        file.seek(start)
        yield file, size
    else:
        with tempfile.SpooledTemporaryFile(max_size=8 * 2**20) as kept:
            shutil.copyfileobj(file, kept, _PIECE)
            size = kept.tell()
            kept.seek(0)
            yield kept, size  # type: ignore[misc]


def name_of(file: FileSpec, given: str | None) -> str:
    """What to call a file in an upload: never with its folders."""
    name = given or (file if isinstance(file, str | os.PathLike) else getattr(file, "name", None))
    return re.split(r"[\\/]", str(name))[-1] if isinstance(name, str | os.PathLike) else "file"


class Body(io.RawIOBase):
    """Pieces of bytes and files one after the other, of a known length, to be read more than once.

    Args:
        parts: bytes, or (file, size) pairs; a file is read from where it stands.
    """

    def __init__(self, parts: Sequence[bytes | tuple[BinaryIO, int]]) -> None:
        self._parts: list[tuple[BinaryIO, int]] = [
            (io.BytesIO(part), len(part)) if isinstance(part, bytes) else part for part in parts
        ]
        self._starts = [file.tell() for file, _ in self._parts]
        self._at = self._read = 0
        self.length = sum(size for _, size in self._parts)

    def readable(self) -> bool:
        return True

    def rewind(self) -> None:
        """Back to the beginning, for another attempt."""
        for (file, _), start in zip(self._parts, self._starts, strict=True):
            file.seek(start)
        self._at = self._read = 0

    def read(self, size: int = -1) -> bytes:
        wanted = self.length if size < 0 else size
        found = b""
        while len(found) < wanted and self._at < len(self._parts):
            file, length = self._parts[self._at]
            # A file that grows meanwhile must not exceed the length that was announced.
            piece = file.read(min(wanted - len(found), length - self._read))
            self._read += len(piece)
            found += piece
            if not piece or self._read == length:
                self._at, self._read = self._at + 1, 0
        return found


def multipart(
    form_data: Mapping[str, Any] | None,
    file: tuple[BinaryIO, int],
    name: str,
    content_type: str | None,
    part: str = "file",
) -> tuple[Body, str]:
    """A ``multipart/form-data`` body with the form's fields first and the file last, and its media type.

    Args:
        form_data: texts and bytes as they are, anything else as JSON.
        part: the name of the file's own part.
    """
    mark = os.urandom(16).hex()
    head = b"".join(_field(mark, key, value) for key, value in (form_data or {}).items())
    head += (
        f"--{mark}\r\nContent-Disposition: form-data; {_parameter('name', part)}; "
        f"{_parameter('filename', name)}\r\nContent-Type: {content_type or media_types.BINARY}\r\n\r\n"
    ).encode()
    return Body([head, file, f"\r\n--{mark}--\r\n".encode()]), f"multipart/form-data; boundary={mark}"


def _field(mark: str, name: str, value: Any) -> bytes:
    if isinstance(value, str):
        kind, content = "text/plain; charset=utf-8", value.encode()
    elif isinstance(value, bytes):
        kind, content = media_types.BINARY, value
    else:
        kind, content = media_types.JSON, codec.dump_json(value)
    where = f"--{mark}\r\nContent-Disposition: form-data; {_parameter('name', name)}\r\n"
    return f"{where}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n"


def _parameter(name: str, value: str) -> str:
    """A parameter of Content-Disposition; quotes and line breaks are escaped, other letters said twice."""
    plain = value.replace("\\", "%5C").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    if plain.isascii():
        return f'{name}="{plain}"'
    return f"{name}=\"{plain.encode('ascii', 'replace').decode()}\"; {name}*=UTF-8''{quote(value, safe='')}"
