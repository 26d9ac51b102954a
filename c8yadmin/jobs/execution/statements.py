"""What is asked of the database far more often than anything else.

By hand, for queries that Django builds cost six times as much here.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from c8yadmin.jobs.models import Job, TenantLimit
from c8yadmin.jobs.states import ChunkState, Counts

Own = tuple[int, int, int]  # a chunk, the token of its lease, and its cursor

_HOLD = "UPDATE jobs_chunk SET token = token WHERE id = %s AND token = %s AND \"cursor\" = %s AND state = 'R'"
_COUNT = """
    UPDATE jobs_chunk SET state = %s, lease_until = %s, "cursor" = %s, intent = %s, stuck = %s,
        ids = COALESCE(%s, ids), ok = ok + %s, failed = failed + %s, skipped = skipped + %s,
        unknown = unknown + %s
    WHERE id = %s AND token = %s AND "cursor" = %s AND state = 'R'"""
_JOB = """
    SELECT id, tenant, state, parallel, abort_percent, abort_minimum, marks,
        rate_per_s, ramp_from, ramp_factor, ramp_seconds, pace, pace_at
    FROM jobs_job WHERE id = %s"""
_LIMIT = "SELECT * FROM jobs_tenantlimit WHERE tenant = %s"


def holds(own: Own) -> bool:
    """Lock the chunk, if it is still the lease's."""
    return _changes(_HOLD, own)


def count(
    own: Own,
    more: Counts,
    state: ChunkState,
    until: datetime | None,
    places: tuple[int, int, int],
    ids: str | None,
) -> bool:
    """Add to the counts of the chunk, if it is still the lease's, and let it stand like this.

    `until` is when its lease ends, `places` are cursor, intent and stuck; without `ids` those stay.
    """
    end = connection.ops.adapt_datetimefield_value(until)
    counts = (more.ok, more.failed, more.skipped, more.unknown)
    return _changes(_COUNT, (state.value, end, *places, ids, *counts, *own))


def job(id: uuid.UUID) -> Job:
    """The job, with what a commit asks for; what else is looked at is fetched then."""
    return Job.objects.raw(_JOB, [Job._meta.pk.get_db_prep_value(id, connection)])[0]


def limit(tenant: str) -> TenantLimit:
    """The limits of a tenant that has some."""
    return TenantLimit.objects.raw(_LIMIT, [tenant])[0]


def _changes(sql: str, values: Sequence[str | int | None]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return bool(cursor.rowcount)
