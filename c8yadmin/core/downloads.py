"""Answers that a browser keeps as files and never shows as pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, TypeVar

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

R = TypeVar("R", bound=HttpResponseBase)
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def streamed(blocks: Iterable[bytes], name: str) -> StreamingHttpResponse:
    """What `blocks` give, as they give it; when they fail, the browser sees a download that broke off."""
    response = StreamingHttpResponse(blocks, content_type=_type(name))
    return _attached(response, name)


def stored(file: IO[bytes], name: str) -> FileResponse:
    """The contents of `file`, which is closed afterwards."""
    response = FileResponse(file, content_type=_type(name))
    return _attached(response, name)


def _type(name: str) -> str:
    return TYPES.get(name.rpartition(".")[2], "application/octet-stream")


def _attached(response: R, name: str) -> R:
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Content-Security-Policy"] = "sandbox"
    return response
