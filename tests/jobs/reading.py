"""What a test asks a job about."""

from __future__ import annotations

from typing import Any

from c8yadmin.jobs.models import Job
from c8yadmin.jobs.pages.progress import Progress


def figures(job: Job) -> dict[str, Any]:
    """State and counts, without those that are zero; checks that they add up to the total."""
    job = Job.objects.get(pk=job.pk)
    progress = Progress.of(job)
    counts = {
        name: getattr(progress, name)
        for name in ("ok", "failed", "skipped", "unknown", "canceled", "pending")
    }
    assert sum(counts.values()) == job.total
    return {"state": job.state, "total": job.total} | {name: n for name, n in counts.items() if n}


def steps(job: Job) -> list[str]:
    """The states that the job has gone through."""
    return list(job.events.order_by("id").values_list("after", flat=True))
