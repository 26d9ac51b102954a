"""Many calls at once: a sliding window, nothing lost."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from sdk import BulkError, CumulocityClient, ManagedObject, bulk
from sdk.sandbox import Sandbox


def test_every_item_has_its_result_and_errors_stop_nothing() -> None:
    def call(item: int) -> int:
        if item % 3 == 0:
            raise ValueError(f"no {item}")
        return item * 2

    done = list(bulk(call, range(10), workers=4))
    assert sorted(one.item for one in done) == list(range(10))
    assert {one.item: one.result for one in done if one.ok} == {1: 2, 2: 4, 4: 8, 5: 10, 7: 14, 8: 16}
    assert {one.item: str(one.error) for one in done if not one.ok} == {i: f"no {i}" for i in (0, 3, 6, 9)}


def test_no_call_waits_for_a_slower_one() -> None:
    gate = threading.Event()

    def call(item: int) -> bool:
        return gate.wait(10) if item == 0 else True

    order = []
    for done in bulk(call, range(30), workers=4):
        order.append(done.item)
        if len(order) == 29:
            gate.set()
    assert order[-1] == 0


def test_no_more_calls_than_workers_run_at_once() -> None:
    now = peak = 0
    lock = threading.Lock()

    def call(_: int) -> None:
        nonlocal now, peak
        with lock:
            now += 1
            peak = max(peak, now)
        time.sleep(0.005)
        with lock:
            now -= 1

    assert len(list(bulk(call, range(30), workers=3))) == 30
    assert peak == 3


def test_endless_items_are_read_as_far_as_needed() -> None:
    read = itertools.count()
    results = bulk(lambda item: item, read, workers=2)
    assert len(list(itertools.islice(results, 50))) == 50
    results.close()  # type: ignore[attr-defined]
    far = next(read)
    time.sleep(0.02)
    assert next(read) == far + 1
    assert far < 2000


def test_an_error_of_the_items_themselves_is_raised() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise RuntimeError("broken source")

    with pytest.raises(RuntimeError, match="broken source"):
        list(bulk(lambda item: item, items(), workers=2))


def test_no_items_and_no_workers() -> None:
    assert list(bulk(lambda item: item, [], workers=5)) == []
    with pytest.raises(ValueError, match="worker"):
        next(bulk(lambda item: item, [1], workers=0))


@pytest.mark.parametrize("workers", [None, 1, 5])
def test_the_first_failure_stops_the_verbs_and_all_is_told(
    sandbox: Sandbox, connect: Callable[..., CumulocityClient], workers: int | None
) -> None:
    objects = [ManagedObject(name=str(i), type="bulk") for i in range(40)]
    fault = sandbox.faults.add("/inventory/managedObjects", method="POST", status=422, skip=10, times=1)
    # Who has failed gets the time to say so, however busy the machine is.
    c8y = connect(on_request=lambda _: time.sleep(0.1 if fault.hits else 0))
    with pytest.raises(BulkError) as caught:
        c8y.inventory.create(*objects, workers=workers)
    error = caught.value
    told = [item for item, _ in error.done] + [item for item, _ in error.failed] + error.not_started
    assert {id(one) for one in told} == {id(one) for one in objects}
    assert len(told) == 40
    assert len(error.failed) == 1
    assert len(error.done) == c8y.inventory.get_count(type="bulk")
    assert len(error.not_started) >= 40 - 11 - 2 * (workers or 1)
    assert "422" in str(error)


def test_creating_many_gives_their_ids(c8y: CumulocityClient) -> None:
    made = c8y.inventory.create(*(ManagedObject(name=str(i), type="bulk") for i in range(25)), workers=6)
    assert len({one.id for one in made}) == 25
    c8y.inventory.delete(*made, workers=6)
    assert c8y.inventory.get_count(type="bulk") == 0
    assert c8y.inventory.create() == []
