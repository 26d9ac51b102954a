"""Measurements as files for spreadsheets, made by the tenant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from sdk.model.pages import LARGEST
from sdk.rest.client import CumulocityRestClient
from sdk.rest.downloads import Download

Format = Literal["csv", "xlsx"]

_ACCEPT: Final[dict[str, str]] = {"csv": "text/csv", "xlsx": "application/xlsx"}


def exported(
    c8y: CumulocityRestClient, path: str, params: Mapping[str, str], format: Format, total: int
) -> Iterator[bytes]:
    """The pieces of a file that holds all measurements of a query.

    Args:
        total: how many there are; more than one page of them are put together, but for workbooks.

    Raises:
        ValueError: for an unknown format, or too many measurements for a workbook.
    """
    if format not in _ACCEPT:
        raise ValueError(f"Measurements are exported as {' or '.join(_ACCEPT)}, not {format!r}.")
    if format != "csv" and total > LARGEST:
        raise ValueError(
            f"A workbook holds {LARGEST} measurements, not {total}: narrow the dates, or take csv."
        )
    return _joined(c8y, path, params, format, -(-total // LARGEST))


def _joined(
    c8y: CumulocityRestClient, path: str, params: Mapping[str, str], format: Format, pages: int
) -> Iterator[bytes]:
    first = None
    for number in range(1, max(1, pages) + 1):
        asked = {**params, "pageSize": str(LARGEST), "currentPage": str(number)}
        with Download(c8y, path, asked, accept=_ACCEPT[format], resumable=False) as download:
            pieces = iter(download)
            if pages <= 1:
                yield from pieces
                return
            header, row, rest = _beginning(pieces)
            # A tenant that does not split exports into pages sends everything with each of them.
            if row == first:
                return
            yield (header if number == 1 else b"") + row + rest
            yield from _ended(pieces, row + rest)
            first = first or row


def _beginning(pieces: Iterator[bytes]) -> tuple[bytes, bytes, bytes]:
    """The header, the first row, and what else arrived with them."""
    text = b""
    while text.count(b"\n") < 2:
        piece = next(pieces, None)
        if piece is None:
            break
        text += piece
    header, end, others = text.partition(b"\n")
    row, mark, rest = others.partition(b"\n")
    return header + end, row + mark, rest


def _ended(pieces: Iterator[bytes], before: bytes) -> Iterator[bytes]:
    """The remaining pieces, and a line break where the last row has none: another page may follow."""
    last = before
    for piece in pieces:
        last = piece
        yield piece
    if last and not last.endswith(b"\n"):
        yield b"\n"
