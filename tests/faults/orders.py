"""What the chaos asks for: a job, what it reverts, and how to see in the tenant that it was done."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

Test = Callable[[str], object]
Effects = Callable[[], Counter[str]]


@dataclass(slots=True)
class Order:
    """A job to be; `effects` counts what the tenant then holds, by target.

    `once` tells that a second effect on one target is one too many. `file` is what an import reads. `of` is
    the order that this one reverts: then `ids` are all that could be concerned.
    """

    action: str
    ids: list[str]
    params: list[str]
    effects: Effects
    once: bool = False
    file: str = ""
    of: Order | None = None
    job_id: str = ""
    key: str = field(default_factory=lambda: uuid.uuid4().hex)


def order(action: str, ids: Iterable[str], is_so: Test, *params: str) -> Order:
    """An order whose effect on a target is there or not."""
    ids = list(ids)
    return Order(action, ids, list(params), those(ids, is_so))


def those(ids: list[str], is_so: Test) -> Effects:
    """The targets of which something holds."""
    return lambda: Counter(id for id in ids if is_so(id))


def undo(of: Order, effects: Effects, *, once: bool = False) -> Order:
    """An order that reverts another one."""
    name = f"{of.of.action}.redo" if of.of else f"{of.action}.revert"
    return Order(name, of.ids, [], effects, once=once, of=of)


def to_and_fro(there: Order, was: Effects) -> Iterator[Order]:
    """An order, its revert, after which everything is as it `was`, and the same once more."""
    back = undo(there, was)
    yield from (there, back, undo(back, there.effects))
