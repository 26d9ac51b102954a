"""Checking in the database that the engine kept its word; what breaks that is told in words.

I1 every target is in exactly one count, and no target stands in a job twice;
I2 counts never fall;
I3 a chunk is written under its token alone;
I4 what has ended stays as it is;
I5 a tenant has no more live leases than its cap;
I6 only a job that has not ended has a credential, and nothing that is over;
I7 every change of state is written down, in one chain;
I8 a chunk has one lease at most, and only while it is worked;
I9 what was there before is kept of every target that a job has changed, and of no other job's targets;
I10 what needs a second person begins only when somebody else has approved it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from django.db import connection, transaction
from django.db.models import Count

from c8yadmin.jobs.authority import approvals
from c8yadmin.jobs.execution.claims import live_leases
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.models import Approval, Chunk, ItemResult, Job, JobCredential, JobEvent, TenantLimit
from c8yadmin.jobs.states import TERMINAL, ChunkState, ItemState, State, may
from c8yadmin.jobs.undoing import images

SWEPT = timedelta(minutes=1)  # by then the sweeper has removed what is over
BEGINNINGS = frozenset({State.SCHEDULED, State.QUEUED})
FINISHED = frozenset({State.COMPLETED, State.COMPLETED_WITH_ERRORS})
EXCEPTIONS = {"failed": ItemState.FAILED, "skipped": ItemState.SKIPPED, "unknown": ItemState.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that should not be; `job` is empty where it concerns a tenant."""

    invariant: str
    job: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant}  {self.job or 'all jobs'}: {self.text}"


def audit() -> Iterator[Breach]:
    """All breaches of the invariants; each job is read as it was at one moment, while workers go on."""
    for job_id in list(Job.objects.order_by("created_at").values_list("pk", flat=True)):
        yield from audit_job(job_id)
    for limit in TenantLimit.objects.all():
        live = live_leases(limit.tenant, clock())
        if live > limit.max_leases:
            text = f"{limit.tenant} has {live} live leases, its cap is {limit.max_leases}."
            yield Breach("I5", "", text)


def audit_job(job_id: uuid.UUID) -> list[Breach]:
    """The breaches of one job; none for a job that is gone."""
    with _one_moment():
        job = Job.objects.filter(pk=job_id).first()
        if job is None:
            return []
        events = list(JobEvent.objects.filter(job=job).order_by("id"))
        chunks = list(Chunk.objects.filter(job=job).order_by("seq"))
        results = _results(job)
        credential = JobCredential.objects.filter(job=job).first()
        approval = Approval.objects.filter(job=job).first()
        owners = approvals.owners(job)
        found = [problem for chunk in chunks for problem in _images(job, chunk)]
    found += [*_life(job, events), *_accounts(job, chunks, events)]
    for chunk in chunks:
        found += [*_chunk(job, chunk), *_exceptions(chunk, results)]
    found += [*_kept(job, credential), *_approved(job, events, approval, owners)]
    return [Breach(invariant, str(job.pk), text) for invariant, text in found]


Found = Iterator[tuple[str, str]]
Results = dict[tuple[int, str], int]


@contextmanager
def _one_moment() -> Iterator[None]:
    """Inside, all queries see the database as it is now."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _results(job: Job) -> Results:
    rows = ItemResult.objects.filter(chunk__job=job).order_by().values_list("chunk_id", "outcome")
    return {(chunk_id, outcome): n for chunk_id, outcome, n in rows.annotate(n=Count("id"))}


def _life(job: Job, events: list[JobEvent]) -> Found:
    if not events or events[0].before or events[0].after != State.PREPARING:
        yield "I7", "its log does not begin with its submission."
    for earlier, later in pairwise(events):
        if later.before != earlier.after:
            yield "I7", f"its log leaps from {earlier.after} to {later.before}."
        elif earlier.after in TERMINAL:
            yield "I4", f"it had ended as {earlier.after} and became {later.after}."
        elif later.before != later.after and not may(State(later.before), State(later.after)):
            yield "I7", f"it went from {later.before} to {later.after}, which is no step."
    if events and events[-1].after != job.state:
        yield "I7", f"it is {job.state}, and its log ends with {events[-1].after}."
    if job.is_terminal != (job.finished_at is not None):
        yield "I4", f"it is {job.state}, and its end is {job.finished_at or 'not written down'}."


def _kept(job: Job, credential: JobCredential | None) -> Found:
    if credential is None:
        return
    late = clock() - SWEPT
    if job.is_terminal:
        yield "I6", "it has ended, and its sign-in is still kept."
    if credential.password and (credential.password_until or late) <= late:
        yield "I6", "its password is still kept, after its time."
    if credential.expires_at and credential.expires_at <= late and not credential.password:
        yield "I6", "its sign-in is over, and still kept."


def _approved(job: Job, events: list[JobEvent], approval: Approval | None, owners: set[str]) -> Found:
    names = {owner.casefold() for owner in owners}
    for event in events:
        if event.before != State.AWAITING_APPROVAL or event.after not in BEGINNINGS:
            continue
        if not event.details.get("approved") or event.actor.casefold() in names:
            yield "I10", f"{event.actor} let it begin, whose approval does not count."
    if approval and job.started_at and not approval.approver:
        yield "I10", "it has begun, and nobody had approved it."


def _accounts(job: Job, chunks: list[Chunk], events: list[JobEvent]) -> Found:
    targets = sum(chunk.n for chunk in chunks)
    if targets != job.total:
        yield "I1", f"its chunks hold {targets} targets, its total is {job.total}."
    ids = [id for chunk in chunks for id in chunk.targets]
    if len(set(ids)) != len(ids):
        yield "I1", f"{len(ids) - len(set(ids))} of its targets stand in it twice."
    executed = sum(_executed(chunk) for chunk in chunks)
    if job.standing in FINISHED and executed != job.total:
        yield "I1", f"it is {job.state} with {executed} of {job.total} targets done."
    told = [event.details["executed"] for event in events if "executed" in event.details]
    if any(before > after for before, after in pairwise([*told, executed])):
        yield "I2", f"the targets done fell: {', '.join(map(str, [*told, executed]))}."


def _executed(chunk: Chunk) -> int:
    return chunk.ok + chunk.failed + chunk.skipped + chunk.unknown


def _chunk(job: Job, chunk: Chunk) -> Found:
    if len(json.loads(chunk.ids)) != chunk.n:
        yield "I1", f"chunk {chunk.seq} holds another number of targets than {chunk.n}."
    if _executed(chunk) != chunk.cursor:
        yield "I1", f"chunk {chunk.seq} counts {_executed(chunk)} targets up to its cursor {chunk.cursor}."
    if chunk.cursor and not chunk.token:
        yield "I3", f"chunk {chunk.seq} was worked without a lease."
    if chunk.token < chunk.attempts:
        yield "I3", f"chunk {chunk.seq} was leased {chunk.attempts} times with {chunk.token} tokens."
    if (chunk.state == ChunkState.DONE) != (chunk.cursor >= chunk.n):
        yield "I8", f"chunk {chunk.seq} is in state {chunk.state} at {chunk.cursor} of {chunk.n}."
    leased = chunk.state == ChunkState.LEASED
    if leased != (chunk.lease_until is not None):
        yield "I8", f"chunk {chunk.seq} is in state {chunk.state} with a lease until {chunk.lease_until}."
    if leased and job.is_terminal:
        yield "I8", f"chunk {chunk.seq} is leased, and the job is {job.state}."


def _exceptions(chunk: Chunk, results: Results) -> Found:
    for name, outcome in EXCEPTIONS.items():
        rows, counted = results.get((chunk.pk, outcome), 0), getattr(chunk, name)
        if rows != counted:
            yield "I1", f"chunk {chunk.seq} counts {counted} {name}, and tells of {rows}."


def _images(job: Job, chunk: Chunk) -> Found:
    if not job.keeps_images or job.images_removed_at:
        return
    kept, targets = images.of_chunk(chunk.pk).keys(), chunk.targets
    if strange := kept - set(targets):
        yield "I9", f"chunk {chunk.seq} keeps images of {len(strange)} targets that it does not have."
    unlike = set(ItemResult.objects.filter(chunk=chunk).values_list("item_id", flat=True))
    if missing := set(targets[: chunk.cursor]) - unlike - kept:
        yield (
            "I9",
            f"chunk {chunk.seq} changed {len(missing)} targets without an image, such as {min(missing)}.",
        )
