"""Where a job was ordered from: the form above a list, as it was filled in then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from c8yadmin.jobs.models import Job
from c8yadmin.jobs.registry import Action, TargetKind, find_target, orderable

MOST = 1000  # selected targets that a page carries


@dataclass(frozen=True, slots=True)
class Origin:
    """The action and its targets as a list sends them, and what was typed into the action's form."""

    action: Action
    kind: TargetKind
    data: QueryDict
    typed: dict[str, Any]


def origin(job: Job) -> Origin | None:
    """None for a job that no form of this version can order."""
    action, kind = orderable(job.action), find_target(job.target_kind)
    data = _aimed(job)
    if action is None or kind is None or kind.source or data is None or action.version != job.params_version:
        return None
    typed = action.form.typed(job.params)
    return Origin(action, kind, data, typed) if typed or not job.params else None


def _aimed(job: Job) -> QueryDict | None:
    spec, data = job.target_spec, QueryDict(mutable=True)
    data.update({"action": job.action, "target": job.target_kind})
    if "filter" in spec:
        data.update({"all": "1", "filter": spec["filter"]})
    elif 0 < len(spec.get("ids", ())) <= MOST:
        data.setlist("id", spec["ids"])
    else:
        return None
    return data
