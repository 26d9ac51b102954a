"""Numbers as people read them."""

from __future__ import annotations

from typing import Any

UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


def number(value: Any) -> str:
    """`1234567` as `1,234,567`; what is no number stays as it is, nothing is a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def filesize(value: int | float) -> str:
    """Bytes in the largest unit that keeps a digit before the point: `1.4 MB`."""
    size, unit = float(value), 0
    while abs(size) >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} B" if unit == 0 else f"{size:.1f} {UNITS[unit]}"


def percent(part: int | float, whole: int | float) -> str:
    """`part` of `whole`, rounded down so that 100 % is said only when nothing is missing."""
    return f"{int(100 * part / whole)} %" if whole else "0 %"
