"""Many objects in few requests, reported object by object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sdk.errors import BulkError
from sdk.model.bulk import each

M = TypeVar("M")


def in_batches(
    objects: Sequence[M], size: int, workers: int | None, send: Callable[[Sequence[M]], list[M]]
) -> list[M]:
    """Send objects batch by batch, each of which succeeds or fails as a whole.

    Args:
        size: objects per request.
        workers: how many requests at once; one after the other when left out.
        send: sends one batch, and gives back what became of its objects.

    Returns:
        What became of all objects, in the order given.

    Raises:
        C8yError: the request's own error when there is but one.
        BulkError: what was done, what failed and what was not started, object by object.
    """
    batches = [objects[at : at + size] for at in range(0, len(objects), size)]
    try:
        done = each(lambda at: (at, send(batches[at])), range(len(batches)), workers)
    except BulkError as problem:
        raise _by_object(problem, batches) from problem.__cause__
    return [one for _, made in sorted(done, key=lambda pair: pair[0]) for one in made]


def _by_object(problem: BulkError, batches: Sequence[Sequence[M]]) -> BulkError:
    done = [pair for at, (_, made) in problem.done for pair in zip(batches[at], made, strict=False)]
    failed = [(one, error) for at, error in problem.failed for one in batches[at]]
    waiting = [one for at in problem.not_started for one in batches[at]]
    return BulkError(done, failed, waiting)
