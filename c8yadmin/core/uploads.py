"""Uploaded files: on the disk, and not larger than allowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from c8yadmin.ui.numbers import filesize

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def folder() -> Path:
    """Where files are while their request lasts; nobody else on the machine may look into it."""
    uploads = Path(settings.UPLOADS)
    uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    return uploads


def takes_files(view: View) -> View:
    """Marks a view to which browsers send files: a request may be as large as those, and take as long."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def leads_to_files(path: str) -> bool:
    """Whether the view at `path` takes files."""
    try:
        return hasattr(resolve(path).func, "takes_files")
    except Resolver404:
        return False


class FileTooLarge(RequestDataTooBig):
    """A file that is refused before it was read; says how large it may be."""


class OnDisk(FileUploadHandler):
    """Writes every file to `UPLOADS`, from where it vanishes with its request.

    What announces more than `LARGEST_UPLOAD` bytes is refused without reading any of them.
    """

    file: UploadedFile[Any]

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *more: Any) -> None:
        if content_length > settings.LARGEST_UPLOAD:
            size, most = filesize(content_length), filesize(settings.LARGEST_UPLOAD)
            raise FileTooLarge(f"It has {size}; at most {most} are taken. Divide it into several files.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        kept = NamedTemporaryFile(dir=folder(), suffix=".upload")  # noqa: SIM115  # closed with the request
        self.file = UploadedFile(kept, self.file_name, self.content_type, 0, self.charset)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[Any]:
        self.file.seek(0)
        self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            self.file.close()
