"""Files on the wire: bodies of several parts, names in Content-Disposition, downloads in whole or in part."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_string
from email.message import Message
from typing import Any
from urllib.parse import quote

from sdk.sandbox.call import Answer, Call, Json, Refusal
from sdk.sandbox.documents import Wrong, load

LARGEST_FILE = 52_428_800
"""What the system option `files/max.size` tells."""
BINARY = "application/octet-stream"
ANY_FILE = f"{BINARY}|*/*"
"""What a download produces: the file's own type, whatever was asked for."""
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(;\s*[\w-]+=[\w.-]+)*")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(slots=True)
class File:
    """A stored file; `type` is its media type."""

    name: str
    type: str
    content: bytes


def bad_request(message: str) -> Refusal:
    return Refusal(400, "badRequest", message)


def parts_of(call: Call) -> dict[str, File]:
    """The parts of a multipart body by their names; 400 if it is none or breaks off."""
    boundary = _headers(f"Content-Type: {call.headers.get('content-type', '')}").get_boundary()
    if call.content_type != "multipart/form-data" or not boundary:
        raise bad_request("The body must be multipart/form-data with a boundary.")
    parts: dict[str, File] = {}
    for piece in (b"\r\n" + call.body).split(b"\r\n--" + boundary.encode(errors="replace"))[1:]:
        if piece.startswith(b"--"):
            return parts
        head, _, content = piece.partition(b"\r\n\r\n")
        headers = _headers(head.decode(errors="replace").strip())
        name = headers.get_param("name", header="content-disposition")
        if isinstance(name, str):
            parts[name] = File(
                plain_name(headers.get_filename() or ""), headers.get("content-type", ""), content
            )
    raise bad_request("The multipart body breaks off.")


def _headers(text: str) -> Message:
    return message_from_string(f"{text}\n\n")


def plain_name(name: str) -> str:
    """A file's name without the folders that some clients send along, and without half characters."""
    return re.split(r"[/\\]", name)[-1].encode(errors="replace").decode()


def part(parts: dict[str, File], name: str) -> File:
    if name not in parts:
        raise bad_request(f"The multipart body has no part named '{name}'.")
    return parts[name]


def json_part(parts: dict[str, File], name: str) -> Json:
    try:
        found: Any = load(part(parts, name).content)
    except Wrong as error:
        raise bad_request(f"The part '{name}' is no JSON that could be stored: {error}") from error
    if not isinstance(found, dict):
        raise bad_request(f"The part '{name}' must be a JSON object.")
    return found


def raw_file(call: Call) -> File:
    """The body itself as a file; its name may stand in Content-Disposition."""
    disposition = call.headers.get("content-disposition", "")
    name = _headers(f"Content-Disposition: {disposition}").get_filename() if disposition else ""
    return File(plain_name(name or ""), call.content_type, call.body)


def check_size(file: File) -> None:
    if len(file.content) > LARGEST_FILE:
        raise Refusal(413, "general/fileTooLarge", f"A file may have at most {LARGEST_FILE} bytes.")


def media_type(*candidates: object) -> str:
    """The first candidate that is a media type, else that of any bytes."""
    usable = (text for text in candidates if isinstance(text, str) and _MEDIA_TYPE.fullmatch(text))
    return next(usable, BINARY)


def disposition(name: str) -> tuple[str, str]:
    """The header that offers a download under `name`, which is quoted and, beyond ASCII, encoded beside."""
    quoted = re.sub(r'[\x00-\x1f\x7f"\\]', "_", name)
    plain = quoted.encode("ascii", "replace").decode().replace("?", "_")
    value = f'attachment; filename="{plain}"'
    if not quoted.isascii():
        value += f"; filename*=UTF-8''{quote(quoted, safe='')}"
    return "Content-Disposition", value


def download(call: Call, file: File) -> Answer:
    """The file, or the part of it that the header Range asks for."""
    headers = [disposition(file.name), ("Accept-Ranges", "bytes")]
    size = len(file.content)
    wanted = _RANGE.fullmatch(call.headers.get("range", "").replace(" ", ""))
    if wanted is None or wanted[0] == "bytes=-":
        return Answer(file.content, 200, file.type, headers)
    first, last = _bounds(wanted[1], wanted[2], size)
    if first > last:
        refusal = Refusal(416, "general/rangeNotSatisfiable", f"The file has {size} bytes only.")
        answer = refusal.answer(call.route.api)
        answer.headers.append(("Content-Range", f"bytes */{size}"))
        return answer
    headers.append(("Content-Range", f"bytes {first}-{last}/{size}"))
    return Answer(file.content[first : last + 1], 206, file.type, headers)


def _bounds(start: str, end: str, size: int) -> tuple[int, int]:
    """First and last byte of a range; without a start, `end` counts from the end of the file."""
    if not start:
        return max(0, size - int(end[:18])), size - 1 if int(end[:18]) else -1
    return int(start[:18]), min(int(end[:18]), size - 1) if end else size - 1
