"""Static files out of npm packages: the ones that pages use, not whole packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage


class PackageFinder(BaseFinder):
    """Finds the files of `settings.PACKAGE_FILES`: from static path to file under `node_modules`."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        source: Path | None = settings.PACKAGE_FILES.get(path)
        found = [str(source)] if source and source.exists() else []
        return found if find_all else next(iter(found), [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for path, source in settings.PACKAGE_FILES.items():
            if source.exists():
                storage = FileSystemStorage(location=source.parent)
                storage.prefix = str(PurePosixPath(path).parent)  # type: ignore[attr-defined]  # collectstatic reads it
                yield source.name, storage
