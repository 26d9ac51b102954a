"""Whether this worker understands a job: during a rolling update old workers meet new jobs, and the
reverse."""

from __future__ import annotations

import logging

from c8yadmin.jobs.models import ENGINE_VERSION, Job
from c8yadmin.jobs.registry import Action, find_action

log = logging.getLogger(__name__)


def understood(job: Job) -> Action | None:
    """The job's action, or None where the job has to be left to another worker."""
    action = find_action(job.action)
    if action and action.version == job.params_version and job.engine_version <= ENGINE_VERSION:
        return action
    log.warning("job %s: this worker does not know %s version %s", job.pk, job.action, job.params_version)
    return None
