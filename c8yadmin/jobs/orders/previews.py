"""What previews of all actions share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from c8yadmin.jobs.registry import Effect, Preview, Unfit
from sdk import NotFound

T = TypeVar("T")


def existing(get: Callable[[str], T], ids: Sequence[str]) -> Iterator[T]:
    """What `get` reads for each of `ids`, without those that are gone."""
    for id in ids:
        try:
            yield get(id)
        except NotFound:
            continue


def foreseen(
    id: str,
    label: str,
    difference: Callable[[], tuple[dict[str, Any], dict[str, Any]]],
    effect: Effect = "",
) -> Preview:
    """The preview of one target; one that the action does not fit says so."""
    try:
        return Preview(id, label, *difference(), effect=effect)
    except Unfit as why:
        return Preview(id, label, {}, {}, str(why))
