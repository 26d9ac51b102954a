"""Who may work on which chunk, and the one way to write down what was done.

A claim leases a chunk under a fencing token that grows with every lease. Every later write names token and
cursor and changes nothing when either has moved on: a worker that was frozen, and replaced, can do no harm.
All functions here are single transactions without any network call; they know nothing of actions and tenants'
answers.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from c8yadmin.jobs.authority import approvals
from c8yadmin.jobs.execution import hours, pacing, statements, tallies
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.execution.rate import Limit
from c8yadmin.jobs.execution.transitions import NotAllowed, move
from c8yadmin.jobs.models import Chunk, Job, TenantLimit
from c8yadmin.jobs.registry import Outcome, find_action
from c8yadmin.jobs.states import (
    GIVE_UP,
    ONE_BY_ONE,
    RUNNABLE,
    ChunkState,
    ItemState,
    State,
    claimed,
    progressed,
    too_many_failures,
)
from c8yadmin.jobs.undoing import images

LOOKAHEAD = 150  # targets that may be sent between two commits


class LeaseLost(Exception):
    """Somebody else works on the chunk: what is not yet committed is theirs to do again."""


@dataclass(slots=True)
class Lease:
    """A claimed chunk as its worker sees it.

    `doubt` is how far its predecessor may have sent, `began` when somebody first worked at the job.
    """

    chunk_id: int
    job_id: uuid.UUID
    token: int
    ids: list[str]
    cursor: int
    doubt: int
    stuck: int
    trusted: int  # `stuck` as it shall be if the worker gives the chunk back
    began: datetime

    @property
    def own(self) -> statements.Own:
        """What a write has to name."""
        return self.chunk_id, self.token, self.cursor

    @property
    def one_by_one(self) -> bool:
        return self.stuck >= ONE_BY_ONE

    @property
    def is_over(self) -> bool:
        """Whether every target is counted; the chunk is not leased any more then."""
        return self.cursor >= len(self.ids)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a commit learned: may the slot go on, how fast, and must it wait for the tenant first?"""

    state: State
    hold_until: datetime | None
    parallel: int
    limits: list[Limit]

    @property
    def go_on(self) -> bool:
        return self.state in RUNNABLE


def lease_time() -> timedelta:
    return timedelta(seconds=settings.JOBS_LEASE_SECONDS)


def claim(job_id: uuid.UUID, worker: str, *, early: bool = False) -> Lease | None:
    """Lease the job's next free chunk, or None: nothing free, the tenant's cap is reached, or the job is not
    to run.

    `early` is for a slot that still has another lease, whose last targets are under way: it gets one only
    where another slot would find room nevertheless.
    """
    with transaction.atomic():
        tenant = Job.objects.filter(pk=job_id).values_list("tenant", flat=True).first()
        if tenant is None:
            return None
        now = clock()
        limit = lock(tenant)
        job = slim().get(pk=job_id)  # only now nobody can settle it before this claim is seen
        if not _may_be_worked(job, limit, now, room=1 + early):
            return None
        chunk = claimable(job, now).select_for_update(skip_locked=True).order_by("seq").first()
        while chunk is not None and chunk.stuck >= GIVE_UP:
            _give_up(chunk, _crash(job), now)
            chunk = claimable(job, now).select_for_update(skip_locked=True).order_by("seq").first()
        if chunk is None:
            return None
        began = job.started_at or now
        Job.objects.filter(pk=job_id).update(served_at=now)
        TenantLimit.objects.filter(pk=limit.pk).update(served_at=now)
        if job.standing is State.QUEUED:
            before = {"executed": tallies.counted(job_id).executed}
            move(job_id, State.RUNNING, started_at=began, details=before, pace_at=now, marks=[])
        return _lease(chunk, worker, now, began)


def slim() -> QuerySet[Job]:
    """Jobs without what only their own work needs, and what may be large."""
    return Job.objects.defer("params", "preview", "target_spec")


def lock(tenant: str) -> TenantLimit:
    """Make everybody else wait who wants to claim or settle work of this tenant."""
    return TenantLimit.objects.select_for_update().get_or_create(tenant=tenant)[0]


def _may_be_worked(job: Job, limit: TenantLimit, now: datetime, room: int) -> bool:
    if job.standing not in RUNNABLE or job.is_late(now) or not hours.permit(now, job, limit):
        return False
    mine = Chunk.objects.filter(live(now), job=job, state=ChunkState.LEASED).count()
    if mine + room > pacing.slots(job):
        return False
    return _has_room(limit, now, room) and (job.started_at is not None or approvals.stands(job.pk))


def claimable(job: Job, now: datetime) -> QuerySet[Chunk]:
    """The chunks of the job's stage that may be leased now."""
    chunks = Chunk.objects.filter(free(now), job=job)
    return chunks if job.stage_until is None else chunks.filter(seq__lt=job.stage_until)


def free(now: datetime) -> Q:
    """Chunks that nobody works on: those that wait, and those whose worker has fallen silent."""
    waiting = Q(state=ChunkState.PENDING) & (Q(not_before=None) | Q(not_before__lte=now))
    return waiting | Q(state=ChunkState.LEASED) & ~live(now)


def live(now: datetime) -> Q:
    """Leases that count; one that ends too late was given before the clock fell back."""
    return Q(lease_until__gt=now, lease_until__lte=now + 2 * lease_time())


def live_leases(tenant: str, now: datetime) -> int:
    """How many chunks of the tenant's jobs are being worked."""
    return Chunk.objects.filter(live(now), job__tenant=tenant, state=ChunkState.LEASED).count()


def slots_wanted(job: Job) -> int:
    """How many more slots would find something to do in the job now."""
    now, limit = clock(), TenantLimit.objects.filter(tenant=job.tenant).first()
    if limit is None or (limit.circuit_until and limit.circuit_until > now):
        return 0
    room = min(pacing.slots(job), limit.max_leases - live_leases(job.tenant, now))
    return max(0, min(room, claimable(job, now).count()))


def _has_room(limit: TenantLimit, now: datetime, room: int) -> bool:
    if limit.circuit_until and limit.circuit_until > now:
        return False
    return live_leases(limit.tenant, now) + room <= limit.max_leases


def _lease(chunk: Chunk, worker: str, now: datetime, began: datetime) -> Lease:
    doubt = chunk.intent
    chunk.state, chunk.worker, chunk.lease_until = ChunkState.LEASED, worker[:100], now + lease_time()
    chunk.token += 1
    chunk.attempts += 1
    before, chunk.stuck = chunk.stuck, claimed(chunk.stuck)
    chunk.intent = max(doubt, min(chunk.n, chunk.cursor + LOOKAHEAD))
    chunk.save()
    return Lease(
        chunk_id=chunk.pk,
        job_id=chunk.job_id,
        token=chunk.token,
        ids=chunk.targets,
        cursor=chunk.cursor,
        doubt=doubt,
        stuck=chunk.stuck,
        trusted=before,
        began=began,
    )


def _crash(job: Job) -> Outcome:
    """How a target ends with which every worker has died: unknown where its call must not be sent twice."""
    action, words = find_action(job.action), "The worker crashed each time it worked on this target."
    ended = Outcome.failed if action is None or action.repeatable else Outcome.unknown
    return ended(words, "worker_crash")


def _give_up(chunk: Chunk, crash: Outcome, now: datetime) -> None:
    """Count the target at the cursor: every worker that touched it, and it alone, has died."""
    tallies.write(chunk.pk, chunk.cursor, [(chunk.targets[chunk.cursor], crash)], now)
    chunk.cursor, chunk.stuck = chunk.cursor + 1, 0
    chunk.failed += crash.state is ItemState.FAILED
    chunk.unknown += crash.state is ItemState.UNKNOWN
    chunk.intent = max(chunk.intent, chunk.cursor)
    chunk.token += 1
    chunk.state = ChunkState.DONE if chunk.cursor >= chunk.n else ChunkState.PENDING
    chunk.lease_until = None
    chunk.save()


def imprint(lease: Lease, kept: Sequence[images.Kept]) -> None:
    """Write down what was there before, so that the changes may be sent. Raises LeaseLost."""
    with transaction.atomic():
        if not statements.holds(lease.own):
            raise LeaseLost
        images.append(lease.chunk_id, kept)


def commit(
    lease: Lease,
    done: tallies.Done,
    rest: Sequence[str],
    *,
    doubt: int = 0,
    release: bool = False,
    trouble: bool = False,
) -> Verdict:
    """Count `done`, renew the lease or `release` it, and learn how to go on.

    `rest` are the chunk's targets that are not done, in the order in which they shall be sent: those under
    way come first. Targets finish in any order, so the chunk's list is rewritten with the done ones in front
    of its cursor; nothing finished is ever done again because a slow neighbour is not. Of the first `doubt`
    of `rest` nobody knows whether their call had its effect, whoever takes the chunk next. `trouble` tells
    that the tenant was in trouble since the last commit. Raises LeaseLost, and then nothing was written.
    """
    ids = [*lease.ids[: lease.cursor], *(id for id, _ in done), *rest]
    cursor = lease.cursor + len(done)
    stuck = _suspicion(lease, cursor, release)
    with transaction.atomic():
        now = clock()
        state, intent, until = _held(len(ids), cursor, cursor + doubt if release else None, now)
        order = None if ids == lease.ids else json.dumps(ids)
        counts = tallies.count(outcome for _, outcome in done)
        if not statements.count(lease.own, counts, state, until, (cursor, intent, stuck), order):
            raise LeaseLost
        tallies.write(lease.chunk_id, lease.cursor, done, now)
        if until is None:
            images.pack(lease.chunk_id)
        job = statements.job(lease.job_id)
        if any(outcome.state is ItemState.FAILED for _, outcome in done):
            _abort_if_hopeless(job)
        pacing.step(job, now, trouble=trouble)
        pacing.milestone(job, now, lambda: tallies.counted(job.pk).executed)
        verdict = _verdict(job)
    if done:
        lease.trusted = stuck
    lease.ids, lease.cursor, lease.stuck = ids, cursor, stuck
    return verdict


def _chunk(lease: Lease) -> QuerySet[Chunk]:
    """The chunk, if it is still the lease's."""
    return Chunk.objects.filter(
        pk=lease.chunk_id, token=lease.token, state=ChunkState.LEASED, cursor=lease.cursor
    )


def _suspicion(lease: Lease, cursor: int, release: bool) -> int:
    if cursor > lease.cursor:
        return progressed(lease.stuck, cursor, lease.doubt)
    return lease.trusted if release else lease.stuck


def accuse(lease: Lease) -> None:
    """Note that the target at the cursor is about to be sent, alone: if the worker dies now, it is the
    suspect."""
    if not _chunk(lease).update(stuck=lease.stuck + 1):
        raise LeaseLost
    lease.stuck += 1


def give_back(lease: Lease, wait: float) -> None:
    """Let others have the chunk in `wait` seconds: this worker failed on it, but lives."""
    later = clock() + timedelta(seconds=wait)
    _chunk(lease).update(state=ChunkState.PENDING, lease_until=None, not_before=later, stuck=lease.trusted)


def _held(
    n: int, cursor: int, released: int | None, now: datetime
) -> tuple[ChunkState, int, datetime | None]:
    """The chunk's state, intent, and the end of its lease."""
    if cursor >= n:
        return ChunkState.DONE, n, None
    if released is not None:
        return ChunkState.PENDING, released, None
    return ChunkState.LEASED, min(n, cursor + LOOKAHEAD), now + lease_time()


def _verdict(job: Job) -> Verdict:
    limit = statements.limit(job.tenant)
    return Verdict(job.standing, limit.circuit_until, job.parallel, pacing.limits(job, limit))


def _abort_if_hopeless(job: Job) -> None:
    if job.standing is not State.RUNNING:
        return
    counts = tallies.counted(job.pk)
    if not too_many_failures(counts, job.abort_percent, job.abort_minimum):
        return
    reason = f"{counts.failed:,} of {counts.executed:,} failed: at least {job.abort_percent:g} %."
    try:
        move(job.pk, State.ABORTING, reason=reason, problem=reason)
    except NotAllowed as faster:
        job.state = faster.before
    else:
        job.state = State.ABORTING
