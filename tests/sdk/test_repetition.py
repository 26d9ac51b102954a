"""What is tried again and what never is, against a tenant that misbehaves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from sdk import (
    CumulocityClient,
    ManagedObject,
    RateLimited,
    RetryPolicy,
    ServerError,
    Timeout,
    Unreachable,
)
from sdk.rest import channel
from sdk.rest.retry import retry_after
from sdk.sandbox import Sandbox

Connect = Callable[..., CumulocityClient]


@pytest.mark.parametrize("status", [502, 503, 504, 429])
def test_reading_is_repeated_after_a_passing_failure(
    sandbox: Sandbox, c8y: CumulocityClient, status: int
) -> None:
    fault = sandbox.faults.add("/user/currentUser", status=status, times=2)
    assert c8y.users.get_current().username == "admin"
    assert fault.hits == 2


@pytest.mark.parametrize("status", [500, 501, 400, 401, 403, 404, 409, 422])
def test_what_will_not_pass_is_not_repeated(sandbox: Sandbox, c8y: CumulocityClient, status: int) -> None:
    fault = sandbox.faults.add("/user/currentUser", status=status)
    with pytest.raises((ValueError, KeyError)):
        c8y.users.get_current()
    assert fault.hits == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_post_is_not_repeated_after_a_server_error(
    sandbox: Sandbox, c8y: CumulocityClient, status: int
) -> None:
    sandbox.faults.add("/inventory/managedObjects", method="POST", status=status, when="after", times=1)
    with pytest.raises(ServerError):
        ManagedObject(c8y, type="only_once").create()
    assert c8y.inventory.get_count(type="only_once") == 1


def test_a_post_is_repeated_after_429(sandbox: Sandbox, c8y: CumulocityClient) -> None:
    sandbox.faults.add("/inventory/managedObjects", method="POST", status=429, retry_after=0, times=2)
    ManagedObject(c8y, type="only_once").create()
    assert c8y.inventory.get_count(type="only_once") == 1


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_post_whose_connection_broke_is_not_repeated(
    sandbox: Sandbox, c8y: CumulocityClient, cut: str
) -> None:
    sandbox.faults.add("/inventory/managedObjects", method="POST", cut=cut, times=1)
    with pytest.raises(Unreachable):
        ManagedObject(c8y, type="only_once").create()
    assert c8y.inventory.get_count(type="only_once") == (1 if cut == "after" else 0)


@pytest.mark.parametrize("cut", ["before", "after", "middle"])
def test_a_change_whose_connection_broke_is_repeated(
    sandbox: Sandbox, c8y: CumulocityClient, cut: str
) -> None:
    one = ManagedObject(c8y, name="before").create()
    sandbox.faults.add("/inventory/managedObjects/*", method="PUT", cut=cut, times=1)
    one.name = "after"
    one.update()
    assert c8y.inventory.get(str(one.id)).name == "after"


def test_a_deletion_that_had_already_worked_counts_as_done(sandbox: Sandbox, c8y: CumulocityClient) -> None:
    one = ManagedObject(c8y, name="x").create()
    sandbox.faults.add("/inventory/managedObjects/*", method="DELETE", cut="after", times=1)
    assert c8y.delete(f"/inventory/managedObjects/{one.id}") == {}
    assert c8y.inventory.get_count(name="x") == 0


def test_deleting_what_is_not_there_is_an_error(c8y: CumulocityClient) -> None:
    with pytest.raises(KeyError):
        c8y.inventory.delete("999999")


@pytest.mark.parametrize("wish", [1, "date+1"])
def test_the_tenants_wish_to_wait_is_obeyed(sandbox: Sandbox, c8y: CumulocityClient, wish: object) -> None:
    sandbox.faults.add("/user/currentUser", status=429, retry_after=wish, times=1)
    started = time.monotonic()
    c8y.users.get_current()
    # A date has no fractions of a second.
    assert time.monotonic() - started >= (0.95 if wish == 1 else 0.0)


def test_too_long_a_wish_is_told_instead_of_waited_for(sandbox: Sandbox, c8y: CumulocityClient) -> None:
    sandbox.faults.add("/user/currentUser", status=429, retry_after=3600)
    started = time.monotonic()
    with pytest.raises(RateLimited) as caught:
        c8y.users.get_current()
    assert caught.value.retry_after == 3600
    assert time.monotonic() - started < 1


class Clock:
    """Time that passes only while somebody sleeps: `slept` seconds so far."""

    def __init__(self) -> None:
        self.slept = 0.0
        self._began = time.monotonic() + 3600  # what waits for a real connection goes by the machine's clock

    def monotonic(self) -> float:
        return self._began + self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


def test_the_deadline_holds_over_all_attempts(
    sandbox: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()  # a busy machine's time would run out before the first attempt
    monkeypatch.setattr(channel, "time", clock)
    fault = sandbox.faults.add("/user/currentUser", status=503)
    c8y = connect(deadline=0.3, retry=RetryPolicy(attempts=1000, base=0.05, cap=0.05))
    with pytest.raises(ServerError):
        c8y.users.get_current()
    assert 0.25 <= clock.slept < 0.3
    assert 6 <= fault.hits < 100


def test_a_call_whose_time_is_over_before_it_was_sent_was_too_late(
    sandbox: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(channel, "time", clock)
    fault = sandbox.faults.add("/user/currentUser", status=503)
    with pytest.raises(Timeout, match="deadline"):
        connect(deadline=0.3, on_request=lambda _: clock.sleep(0.3)).users.get_current()
    assert fault.hits == 0


def test_repetition_can_be_switched_off(sandbox: Sandbox, connect: Connect) -> None:
    fault = sandbox.faults.add("/user/currentUser", status=503)
    with pytest.raises(ServerError):
        connect(retry=RetryPolicy.none()).users.get_current()
    assert fault.hits == 1


def test_a_slow_tenant_times_out_without_a_second_try(sandbox: Sandbox, connect: Connect) -> None:
    fault = sandbox.faults.add("/user/currentUser", delay=1.0)
    with pytest.raises(Timeout):
        connect(timeout=(1, 0.05)).users.get_current()
    assert fault.hits == 1


@pytest.mark.parametrize("value", ["", "soon", "-5", "Fri, 99 Nov 2026 08:00:00 GMT"])
def test_a_senseless_retry_after_is_none(value: str) -> None:
    assert retry_after({"Retry-After": value}) is None


def test_pauses_grow_and_stay_below_their_bound() -> None:
    policy = RetryPolicy(attempts=10, base=1, cap=4)
    for attempt, bound in ((1, 1), (2, 2), (3, 4), (9, 4)):
        pauses = [policy.pause(attempt, None) or 0 for _ in range(200)]
        assert min(pauses) >= 0
        assert bound / 2 < max(pauses) <= bound
    assert policy.pause(10, None) is None


def test_a_semaphore_bounds_the_requests_in_flight(sandbox: Sandbox, connect: Connect) -> None:
    now = peak = 0
    lock = threading.Lock()

    def enter(_: object) -> None:
        nonlocal now, peak
        with lock:
            now += 1
            peak = max(peak, now)

    def leave(_: object) -> None:
        nonlocal now
        with lock:
            now -= 1

    sandbox.faults.add("/user/currentUser", delay=0.01)
    c8y = connect(semaphore=threading.Semaphore(2), on_request=enter, on_response=leave)
    threads = [threading.Thread(target=c8y.users.get_current) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A place is free again just before the hook sees the answer.
    assert peak <= 4


def test_waiting_for_a_place_ends_at_the_deadline(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "time", Clock())  # all that passes is the waiting
    taken = threading.Semaphore(1)
    taken.acquire()
    with pytest.raises(Timeout, match="place"):
        connect(semaphore=taken, deadline=0.05).users.get_current()
    taken.release()
