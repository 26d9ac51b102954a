"""Many calls at once: a sliding window over threads, a result for each item."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sdk.errors import BulkError

Item = TypeVar("Item")
Result = TypeVar("Result")

# So many results may wait for a slow consumer before the calls pause.
_WAITING: Final = 1_000
# So long a consumer sleeps when there is no result, in seconds; longer and longer while there is none.
_SHORTEST_PAUSE: Final = 0.0005
_LONGEST_PAUSE: Final = 0.01


@dataclass(slots=True)
class Done(Generic[Item, Result]):
    """How one call of ``bulk`` ended: with a result, or with an error."""

    item: Item
    result: Result | None = None
    error: Exception | None = None

    @property
    def ok(self) -> bool:
        """Whether the call succeeded."""
        return self.error is None


def bulk(
    call: Callable[[Item], Result], items: Iterable[Item], *, workers: int = 20
) -> Iterator[Done[Item, Result]]:
    """Call a function for each item, ``workers`` calls at a time, and go on when one fails.

    A thread takes the next item as soon as it is free; no call waits for a slower one. ``items`` may be
    endless: it is read as far as the calls have come.

    Yields:
        One ``Done`` per item, in order of completion. When the consumer stops early, the calls under way
        are waited for, and no further one is started.
    """
    if workers < 1:
        raise ValueError("At least one worker is needed.")
    window = _Window(call, items)
    threads = [threading.Thread(target=window.work, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    try:
        yield from window.results(workers)
    finally:
        window.stopped = True
        for thread in threads:
            thread.join()


class _Window(Generic[Item, Result]):
    """What the threads of one ``bulk`` share."""

    def __init__(self, call: Callable[[Item], Result], items: Iterable[Item]) -> None:
        self.call = call
        self.items = iter(items)
        self.lock = threading.Lock()
        self.finished: deque[Any] = deque()
        self.stopped = False

    def work(self) -> None:
        """One thread: items until there are no more; an error of the items themselves ends everything."""
        end: BaseException | None = None
        try:
            while not self.stopped:
                with self.lock:
                    item = next(self.items)
                self.finished.append(_done(self.call, item))
                while len(self.finished) > _WAITING and not self.stopped:
                    time.sleep(_LONGEST_PAUSE)
        except StopIteration:
            pass
        except BaseException as problem:  # noqa: BLE001  (it is raised again in the consumer's thread)
            end = problem
        self.finished.append(end)

    def results(self, running: int) -> Iterator[Done[Item, Result]]:
        pause = _SHORTEST_PAUSE
        while running:
            if not self.finished:
                # Being woken for every single result would cost the threads more than the calls themselves.
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            pause = _SHORTEST_PAUSE
            found = self.finished.popleft()
            if isinstance(found, Done):
                yield found
                continue
            running -= 1
            if found is not None:
                raise found


def each(call: Callable[[Item], Result], items: Iterable[Item], workers: int | None) -> list[Result]:
    """Call a function for each item and stop at the first failure; without workers one after the other.

    Returns:
        The results; in the order of the items without workers, of completion with them.

    Raises:
        C8yError: the item's own error when there is but one item.
        BulkError: what was done, what failed and what was not started.
    """
    run = _UntilFailure(call, items)
    if len(run.waiting) == 1:
        return [call(run.waiting[0])]
    done: list[tuple[Item, Any]] = []
    failed: list[tuple[Item, Exception]] = []
    for one in bulk(run.call, run.items(), workers=workers) if workers else _in_turn(run.call, run.items()):
        if one.error is None:
            done.append((one.item, one.result))
        else:
            failed.append((one.item, one.error))
    if failed:
        raise BulkError(done, failed, list(run.waiting)) from failed[0][1]
    return [result for _, result in done]


class _UntilFailure(Generic[Item, Result]):
    """Calls that stop being started when one has failed."""

    def __init__(self, call: Callable[[Item], Result], items: Iterable[Item]) -> None:
        self._call = call
        self._failed = False
        self.waiting = deque(items)

    def items(self) -> Iterator[Item]:
        """What is still to be started."""
        while self.waiting and not self._failed:
            yield self.waiting.popleft()

    def call(self, item: Item) -> Result:
        """One call. A failure is noted here, not where results arrive: others would have begun by then."""
        try:
            return self._call(item)
        except Exception:
            self._failed = True
            raise


def _in_turn(call: Callable[[Item], Result], items: Iterator[Item]) -> Iterator[Done[Item, Result]]:
    for item in items:
        yield _done(call, item)


def _done(call: Callable[[Item], Result], item: Item) -> Done[Item, Result]:
    try:
        return Done(item, call(item))
    except Exception as problem:  # noqa: BLE001  (it is the item's result)
        return Done(item, None, problem)
