"""What a job is aimed at: selected ids, everything that a filter matches, or what failed before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict

from c8yadmin.core.listing import ListForm
from c8yadmin.jobs.execution.reasons import RETRIED, known
from c8yadmin.jobs.models import ItemResult
from c8yadmin.jobs.registry import TargetKind, first_error
from sdk import CumulocityClient

LONGEST_ID = 255
BRIEF = 100  # characters of a title
BY_JOBS = frozenset({"retry_of", "revert_of"})
Spec = dict[str, Any]


class WrongScope(ValueError):
    """A target that no job can have; the text is for the user."""


def selected(kind: TargetKind, ids: Sequence[str]) -> Spec:
    """These ids, each once. Raises WrongScope when there is none, or one that can be no id."""
    cleaned = list(dict.fromkeys(id.strip() for id in ids if id.strip()))
    if not cleaned:
        raise WrongScope(f"Nothing is selected: choose at least one {kind.label[0]} first.")
    for id in cleaned:
        if len(id) > LONGEST_ID or not id.isprintable() or not re.fullmatch(kind.id, id, re.ASCII):
            raise WrongScope(f"“{id[:40]}” is not the id of {_article(kind.label[0])}.")
    return {"ids": cleaned}


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def filtered(kind: TargetKind, query_string: str) -> Spec:
    """All that the list shows under this query string. Raises WrongScope for a filter that the list
    refuses."""
    return {"filter": filter_form(kind, query_string).scope()}


def queried(kind: TargetKind, text: str) -> Spec:
    """All that a raw query finds; without a query language of its own, the kind takes its list's filters."""
    return {"query": text} if kind.query else filtered(kind, text)


def filter_form(kind: TargetKind, query_string: str) -> ListForm:
    """The list's own form, filled and valid."""
    data = QueryDict(query_string)
    form = kind.form(data)
    if unknown := [name for name in data if name not in form.fields]:
        raise WrongScope(f"The list of {kind.label[1]} has no filter “{unknown[0][:40]}”.")
    if not form.is_valid():
        raise WrongScope(first_error(form))
    return form


def query(kind: TargetKind, spec: Spec, c8y: CumulocityClient) -> Any:
    """The unsent SDK query of a filter or a raw query."""
    if "query" in spec:
        assert kind.query is not None  # noqa: S101  # `queried` made the spec
        return kind.query(c8y, spec["query"])
    try:
        return filter_form(kind, spec["filter"]).query(c8y)  # type: ignore[attr-defined]
    except ValidationError as error:  # what only the tenant can know, such as the name of a group
        raise WrongScope(" ".join(error.messages)) from error


def failed(job_id: UUID | str, reason: str = "") -> QuerySet[ItemResult]:
    """The results of a job's targets that failed, or of which nobody knows how they ended; with `reason`,
    only those that ended for it."""
    results = ItemResult.objects.filter(chunk__job_id=job_id, outcome__in=RETRIED)
    return results.filter(reason=reason) if reason else results


def qualifier(kind: TargetKind, spec: Spec) -> str:
    """What follows the counted targets in a sentence: `matching type = c8y_Pump`; often nothing."""
    if "query" in spec:
        return f"matching {spec['query']}"
    if "retry_of" in spec:
        reason = known(spec["retry_of"], spec["reason"]) if "reason" in spec else None
        return f"that failed before: {reason.told}" if reason else "that failed before"
    if "source" in spec:
        return str(spec["words"])
    if "revert_of" in spec:
        return "that the reverted job changed"
    if "filter" in spec:
        form = filter_form(kind, spec["filter"])
        parts = [f"{_label(form, name)} = {_value(value)}" for name, value in form.filters().items()]
        return f"matching {' and '.join(parts)}" if parts else ""
    return ""


def in_words(kind: TargetKind | None, spec: Spec, qualified: str, n: int | None) -> str:
    """`3 selected devices`, `all 412 devices matching type = c8y_Pump`; `n` is None while nobody has
    counted."""
    label = kind.label if kind else ("target", "targets")
    noun = label[n != 1]
    if "ids" in spec:
        return f"{n:,} selected {noun}" if n is not None else f"selected {noun}"
    some = spec.keys() & (BY_JOBS | {"source"})
    counted = noun if n is None else f"{n:,} {noun}" if some else f"all {n:,} {noun}"
    return f"{counted} {qualified}".strip()


def briefly(kind: TargetKind, spec: Spec) -> str:
    """The targets as part of a title: `3 devices`, `devices matching type = c8y_Pump`, `all devices`."""
    if "ids" in spec:
        return kind.counted(len(spec["ids"]))
    qualified = qualifier(kind, spec)
    words = f"{kind.label[1]} {qualified}" if qualified else f"all {kind.label[1]}"
    return words if len(words) <= BRIEF else f"{words[: BRIEF - 1].rstrip()}…"


def _label(form: ListForm, name: str) -> str:
    return (form.fields[name].label or name.replace("_", " ")).lower()


def _value(value: Any) -> str:
    if value is True:
        return "yes"
    return ", ".join(str(v) for v in value) if isinstance(value, (list, tuple)) else str(value)
