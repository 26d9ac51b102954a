"""The table as text, which is Markdown too."""

from __future__ import annotations

from collections.abc import Iterable

from tests.bench.rows import Row, shown

HEADERS = ("what", "unit", "ours", "pyc8y", "c8y_api", "pyc8y / ours", "c8y_api / ours", "budget", "met")


def cells(row: Row) -> tuple[str, ...]:
    """One line of the table; a dash is a value that does not exist."""
    met = {True: "yes", False: "NO", None: ""}[row.met]
    missing = (None,) * (3 - len(row.values))
    numbers = map(shown, (*row.values, *missing, *row.ratios, *missing))
    return (row.what, row.unit, *numbers, row.budget, met if row.complete else "not measured")


def rendered(rows: Iterable[Row]) -> str:
    """All lines, with columns as wide as their widest cell."""
    lines = [HEADERS, *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, tuple("-" * width for width in widths))
    padded = (
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
    )
    return "\n".join(f"| {line} |" for line in padded)
