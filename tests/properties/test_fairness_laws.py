"""Whose turn it is, as arithmetic: nobody waits while somebody else has a turn too many."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from c8yadmin.jobs.execution.fairness import NEVER, Contender, fairest, starves

START = datetime(2026, 1, 1, tzinfo=UTC)


@st.composite
def contenders(draw: st.DrawFn) -> list[Contender]:
    caps = {tenant: draw(st.integers(1, 4)) for tenant in "abc"}
    tenants = draw(st.lists(st.sampled_from("abc"), max_size=12))
    return [
        Contender(
            job=uuid.UUID(int=number),
            tenant=tenant,
            slots=draw(st.integers(0, 3)),
            has_work=draw(st.booleans()),
            served=draw(st.sampled_from([NEVER, *(START + timedelta(seconds=n) for n in range(5))])),
            cap=caps[tenant],
            permitted=draw(st.booleans()),
        )
        for number, tenant in enumerate(tenants)
    ]


@given(found=contenders())
def test_the_chosen_job_has_work_and_its_tenant_room(found: list[Contender]) -> None:
    slots = Counter({tenant: sum(one.slots for one in found if one.tenant == tenant) for tenant in "abc"})
    best = fairest(found)
    open_ones = [one for one in found if one.has_work and one.permitted and slots[one.tenant] < one.cap]
    assert (best is None) == (not open_ones)
    if best is not None:
        assert best in open_ones
        assert slots[best.tenant] == min(slots[one.tenant] for one in open_ones)
        assert best.slots == min(one.slots for one in open_ones if one.tenant == best.tenant)


@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=8), workers=st.integers(1, 4))
def test_every_job_has_its_first_turn_within_one_round(sizes: list[int], workers: int) -> None:
    """Jobs of one tenant, of so many turns each, worked by so many workers at once."""
    left = dict(enumerate(sizes))
    served: dict[int, datetime] = {}
    for turn in range(len(sizes)):
        found = [
            Contender(uuid.UUID(int=n), "a", 0, rest > 0, served.get(n, NEVER), cap=workers)
            for n, rest in left.items()
        ]
        best = fairest(found)
        if best is None:
            break
        left[best.job.int] -= 1
        served[best.job.int] = START + timedelta(seconds=turn)
    assert set(served) == set(left)


@given(many=st.integers(1, 60))
def test_a_tenant_with_many_jobs_has_no_more_turns_than_one_with_a_single_job(many: int) -> None:
    served: dict[int, datetime] = {}
    tenants: dict[str, datetime] = {}
    turns: Counter[str] = Counter()
    for turn in range(40):
        jobs = [
            Contender(
                uuid.UUID(int=n),
                tenant := "b" if n == many else "a",
                0,
                True,
                served.get(n, NEVER),
                tenant_served=tenants.get(tenant, NEVER),
            )
            for n in range(many + 1)
        ]
        best = fairest(jobs)
        assert best is not None
        served[best.job.int] = tenants[best.tenant] = START + timedelta(seconds=turn)
        turns[best.tenant] += 1
    assert abs(turns["a"] - turns["b"]) <= 1


@given(found=contenders())
def test_a_slot_that_makes_way_is_followed_by_another_jobs(found: list[Contender]) -> None:
    """Whoever has just had a turn was served last."""
    for mine in found:
        if mine.slots and starves(found, mine.job):
            now = START + timedelta(days=1)
            done = replace(mine, slots=mine.slots - 1, served=now)
            left = [
                replace(one, tenant_served=now) if one.tenant == mine.tenant else one
                for one in (done if one.job == mine.job else one for one in found)
            ]
            full = sum(one.slots for one in left if one.tenant == mine.tenant) >= mine.cap
            best = fairest(left)
            assert full or (best is not None and best.job != mine.job)
