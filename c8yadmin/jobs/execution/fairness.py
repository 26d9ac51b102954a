"""Whose turn it is: tenants share the workers, and the jobs of a tenant share its slots."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import BigIntegerField, Count, Exists, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from c8yadmin.jobs.execution import hours, pacing
from c8yadmin.jobs.execution.claims import free, live, slim
from c8yadmin.jobs.execution.database import clock, retry_db
from c8yadmin.jobs.execution.pacing import MANY
from c8yadmin.jobs.execution.versions import WAITS
from c8yadmin.jobs.models import Chunk, Job, TenantLimit
from c8yadmin.jobs.states import RUNNABLE, ChunkState, State

QUANTUM = 2.0  # seconds for which a worker keeps at a job in any case before it makes way for another one
LOOK = 1.0  # seconds between two looks whether another job waits
NEVER = datetime.min.replace(tzinfo=UTC)
MOST = 500  # jobs that are looked at, those first that waited longest
EVERYTHING = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Contender:
    """A job that is to be worked: by how many workers it is already, whether one more would find something,
    when a worker last took some of it, how many slots its tenant has and when it was last served, whether
    anybody may work at it now, and whether its targets are still to be counted, which takes a worker but none
    of the tenant's slots."""

    job: uuid.UUID
    tenant: str
    slots: int
    has_work: bool
    served: datetime = NEVER
    cap: int = 1
    tenant_served: datetime = NEVER
    permitted: bool = True
    is_preparing: bool = False


def fairest(contenders: Sequence[Contender]) -> Contender | None:
    """The job that one more worker should go to: of the tenant, and there the job, that has the fewest; among
    equals the one whose last turn is longest ago. None when nobody would find anything."""
    workers, slots = Counter[str](), _slots(contenders)
    for one in contenders:
        workers[one.tenant] += one.slots
    open_ones = [one for one in contenders if one.has_work and one.permitted and slots[one.tenant] < one.cap]
    return min(
        open_ones,
        key=lambda one: (workers[one.tenant], one.tenant_served, one.slots, one.served),
        default=None,
    )


def _slots(contenders: Iterable[Contender]) -> Counter[str]:
    """How many slots each tenant's jobs take."""
    slots = Counter[str]()
    for one in contenders:
        slots[one.tenant] += 0 if one.is_preparing else one.slots
    return slots


def starves(contenders: Sequence[Contender], mine: uuid.UUID) -> bool:
    """Whether a job waits that nobody works on, and would be worked on if a worker left `mine`."""
    slots = _slots(contenders)
    itself = next((one for one in contenders if one.job == mine), None)
    tenant = itself.tenant if itself and not itself.is_preparing else None
    return any(
        one.has_work
        and one.permitted
        and not one.slots
        and one.job != mine
        and (one.tenant == tenant or slots[one.tenant] < one.cap)
        for one in contenders
    )


def choose(wanted: uuid.UUID) -> Contender:
    """The job that a worker should turn to when a message names the job `wanted`.

    One that no worker has understood so far is only ever tried for its own messages.
    """
    found = contenders()
    itself = next((one for one in found if one.job == wanted), None)
    return (itself and fairest(found)) or itself or Contender(wanted, "", 0, has_work=True)


def somebody_waits(mine: uuid.UUID) -> bool:
    """Whether the workers of the job `mine` should make way for another job."""
    # Most often there is no other job at all, which is cheaper to find out.
    others = Job.objects.filter(state__in=RUNNABLE | {State.PREPARING}).exclude(pk=mine)
    return others.exists() and starves(contenders(), mine)


@dataclass(slots=True)
class Courtesy:
    """A worker's eye for those who wait while it keeps at one job."""

    job: uuid.UUID
    began: float = field(default_factory=time.monotonic)
    looked: float = 0.0

    def is_due(self) -> bool:
        """Whether to make way for another job; looks once a second at most, and not right at first."""
        now = time.monotonic()
        if now < max(self.began + QUANTUM, self.looked + LOOK):
            return False
        self.looked = now
        return retry_db(somebody_waits, self.job)


def contenders() -> list[Contender]:
    """All jobs that a worker could turn to, as they are at this moment."""
    now = clock()
    limits = {limit.tenant: limit for limit in TenantLimit.objects.all()}
    running = [
        _running(job, limits.get(job.tenant) or TenantLimit(tenant=job.tenant), now) for job in _jobs(now)
    ]
    preparing = Job.objects.filter(state=State.PREPARING).order_by("created_at")[:MOST]
    return [
        *running,
        *(
            _preparing(job, limits.get(job.tenant), now)
            for job in preparing.only("tenant", "lease_until", "served_at")
        ),
    ]


def _jobs(now: datetime) -> list[Any]:
    chunks = Chunk.objects.filter(job=OuterRef("pk")).order_by()
    leased = chunks.filter(live(now), state=ChunkState.LEASED).values("job").annotate(n=Count("pk"))
    waiting = chunks.filter(free(now), seq__lt=OuterRef("until"))
    jobs = (
        slim()
        .filter(state__in=RUNNABLE)
        .annotate(
            until=Coalesce(F("stage_until"), EVERYTHING, output_field=BigIntegerField()),
            slots=Coalesce(Subquery(leased.values("n")), 0),
            has_work=Exists(waiting),
        )
    )
    jobs = jobs.exclude(problem=WAITS)
    return list(jobs.order_by(F("served_at").asc(nulls_first=True), "created_at")[:MOST])


def _running(job: Any, limit: TenantLimit, now: datetime) -> Contender:
    held = limit.circuit_until is not None and limit.circuit_until > now
    return Contender(
        job=job.pk,
        tenant=job.tenant,
        slots=job.slots,
        has_work=job.has_work and job.slots < pacing.slots(job),
        served=job.served_at or NEVER,
        cap=limit.max_leases,
        tenant_served=limit.served_at or NEVER,
        permitted=not held and not job.is_late(now) and hours.permit(now, job, limit),
    )


def _preparing(job: Job, limit: TenantLimit | None, now: datetime) -> Contender:
    waits = job.lease_until is None or job.lease_until <= now
    return Contender(
        job=job.pk,
        tenant=job.tenant,
        slots=0 if waits else 1,
        has_work=waits,
        served=job.served_at or NEVER,
        cap=MANY,
        tenant_served=(limit and limit.served_at) or NEVER,
        is_preparing=True,
    )
