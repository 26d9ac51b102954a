"""Whether this worker understands a job: during a rolling update old workers meet new jobs, and the
reverse."""

from __future__ import annotations

import logging

from c8yadmin.jobs.execution.database import retry_db
from c8yadmin.jobs.models import ENGINE_VERSION, Job
from c8yadmin.jobs.registry import Action, find_action

log = logging.getLogger(__name__)

WAITS = "It waits for a worker of another version: the one that looked at it does not know this action."


def understood(job: Job) -> Action | None:
    """The job's action, or None where the job has to be left to another worker; it says so meanwhile."""
    action = find_action(job.action)
    if action and action.version == job.params_version and job.engine_version <= ENGINE_VERSION:
        if job.problem == WAITS:
            _tell(job, WAITS, "")
        return action
    log.warning("job %s: this worker does not know %s version %s", job.pk, job.action, job.params_version)
    _tell(job, "", WAITS)
    return None


def _tell(job: Job, before: str, after: str) -> None:
    retry_db(Job.objects.filter(pk=job.pk, problem=before).update, problem=after)
