"""Stages of a job: a few targets first, then more, then all. Pure arithmetic, without a database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from math import ceil

MOST = 10
_STAGE = re.compile(r"(?P<number>\d{1,9}(\.\d{1,3})?)\s*(?P<percent>%?)")


def parse(text: str) -> list[str]:
    """The stages that `10, 10%, 100%` asks for, as `["10", "10%", "100%"]`; none for an empty text.

    Each says up to which target it goes: a number of them, or a share of all. Raises ValueError with a
    sentence for what cannot be meant.
    """
    stages = [_stage(part.strip()) for part in text.split(",")] if text.strip() else []
    if len(stages) > MOST:
        raise ValueError(f"That are {len(stages)} stages; there may be {MOST}.")
    for unit in ("", "%"):
        sizes = [float(stage.rstrip("%")) for stage in stages if stage.endswith("%") is bool(unit)]
        for smaller, larger in pairwise(sizes):
            if smaller >= larger:
                raise ValueError(f"After {smaller:g}{unit} a stage of {larger:g}{unit} would do nothing.")
    return stages


def _stage(part: str) -> str:
    found = _STAGE.fullmatch(part)
    if found is None:
        raise ValueError(f"“{part[:20]}” is no stage: write numbers or percentages, such as 10, 10%, 100%.")
    number, percent = float(found["number"]), found["percent"]
    if not number or (percent and number > 100):
        raise ValueError(f"A stage of {number:g}{percent} is not possible.")
    if not percent and not number.is_integer():
        raise ValueError(f"{number:g} is no number of targets.")
    return f"{number:g}{percent}" if percent else f"{int(number)}"


def ends(stages: Sequence[str], total: int) -> list[int]:
    """After how many of `total` targets each stage ends; the last one always ends after all.

    A stage that would not go further than the one before is left out, so that small jobs have fewer.
    """
    found: list[int] = []
    for stage in stages:
        end = min(total, _targets(stage, total))
        if end > (found[-1] if found else 0):
            found.append(end)
    return found if found and found[-1] == total else [*found, total]


def words(ends: Sequence[int], stage: int) -> str:
    """The targets of one stage, as a sentence begins with them: `The first 10`, `Targets 11 to 100`."""
    if not stage:
        return f"The first {ends[0]:,}"
    return f"Targets {ends[stage - 1] + 1:,} to {ends[stage]:,}"


def _targets(stage: str, total: int) -> int:
    return ceil(total * float(stage[:-1]) / 100) if stage.endswith("%") else int(stage)
