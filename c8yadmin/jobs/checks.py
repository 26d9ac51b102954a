"""Settings of jobs that are wrong, refused before anything starts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from c8yadmin.core.tenants import configured
from c8yadmin.jobs.authority.rules import WORDS, Rule
from c8yadmin.jobs.states import NEVER


@register(Tags.security)
def rules_of_approval_are_rules(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        tenants = {f"The tenant {tenant.slug!r}": tenant.approval for tenant in configured()}
    except (ValueError, KeyError, TypeError, AttributeError):
        tenants = {}  # core.checks says what is wrong with the list
    return [
        Error(
            f"{whose}: {text!r} does not say which jobs need approval.",
            hint=f"C8YADMIN_APPROVAL, and `approval` of a tenant, is {WORDS}.",
            id="c8yadmin.E010",
        )
        for whose, text in {"C8YADMIN_APPROVAL": settings.APPROVAL, **tenants}.items()
        if not _is_rule(text)
    ]


@register(Tags.security)
def service_users_are_users(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    hint = 'C8YADMIN_SERVICE_USERS is JSON: {"<slug of a listed tenant>": {"user": "…", "password": "…"}}.'
    return [Error(f"The service users: {problem}", hint=hint, id="c8yadmin.E011") for problem in _misfits()]


def _misfits() -> list[str]:
    entries = settings.SERVICE_USERS
    if not isinstance(entries, dict):
        return ["They are no object."]
    listed = {entry.get("slug") for entry in settings.TENANTS if isinstance(entry, dict)}
    return [
        *(f"{slug!r} is no listed tenant." for slug in entries if slug not in listed),
        *(
            f"That of {slug!r} lacks a user or a password."
            for slug, one in entries.items()
            if not _is_user(one)
        ),
    ]


def _is_user(entry: Any) -> bool:
    """Whether somebody can sign in with this, by Basic: its user name holds no colon."""
    if not isinstance(entry, dict) or entry.keys() != {"user", "password"}:
        return False
    return all(isinstance(text, str) and text for text in entry.values()) and ":" not in entry["user"]


@register(Tags.security)
def passwords_are_kept_for_hours(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if 0 <= settings.JOB_PASSWORD_HOURS <= 24:
        return []
    return [
        Error(
            f"Jobs cannot keep passwords for {settings.JOB_PASSWORD_HOURS} hours.",
            hint="C8YADMIN_JOB_PASSWORD_HOURS is a number from 0 (never) to 24.",
            id="c8yadmin.E012",
        )
    ]


@register
def quotas_are_numbers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    bounds = {
        "JOBS_PER_USER": (0, 100_000),
        "JOB_TARGETS": (0, 100_000_000),
        "JOBS_ABORT_PERCENT": (0.1, NEVER),
        "JOBS_ABORT_MINIMUM": (1, 1_000_000),
    }
    return [
        Error(
            f"C8YADMIN_{name} cannot be {getattr(settings, name):g}.",
            hint=f"It is a number from {least:,} to {most:,}.",
            id="c8yadmin.E013",
        )
        for name, (least, most) in bounds.items()
        if not least <= getattr(settings, name) <= most
    ]


def _is_rule(text: Any) -> bool:
    try:
        Rule.parse(text)
    except (ValueError, AttributeError):
        return False
    return True
