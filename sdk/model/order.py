"""The order of lists that the platform turns round with ``revert``, within a range of dates only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypedDict

EARLIEST: Final = "1970-01-01T00:00:00.000Z"


class Order(TypedDict, total=False):
    """In which order rows come.

    ``ascending`` (or ``asc``): oldest first, or with False newest first. ``revert`` (or ``reverse``): the
    platform's own word, whose meaning depends on the kind of rows.
    """

    ascending: bool
    asc: bool
    revert: bool
    reverse: bool


def take_revert(filters: dict[str, Any], *, ascends: bool) -> bool | None:
    """Take the wish for an order out of filters, as the value of ``revert``; None without a wish.

    Args:
        ascends: whether ``revert=true`` lists the oldest first here.

    Raises:
        ValueError: for wishes that contradict each other.
    """
    reverts = [filters.pop(name, None) for name in ("revert", "reverse")]
    orders = [filters.pop(name, None) for name in ("ascending", "asc")]
    wishes = {bool(one) for one in reverts if one is not None}
    wishes |= {bool(one) is ascends for one in orders if one is not None}
    if len(wishes) > 1:
        raise ValueError("ascending and revert contradict each other.")
    return wishes.pop() if wishes else None


def unordered(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Filters without any wish for an order."""
    return {name: value for name, value in filters.items() if name not in Order.__annotations__}


def put_revert(params: dict[str, str], revert: bool) -> None:
    """Ask for an order; the platform listens only within dates, so the earliest is added without any."""
    if "revert" in params:
        raise ValueError("revert is given twice, in the expression and as a filter.")
    params["revert"] = "true" if revert else "false"
    if not {"dateFrom", "dateTo"} & params.keys():
        params["dateFrom"] = EARLIEST
