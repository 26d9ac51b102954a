"""Settings that are wrong or unsafe, refused before anything starts; each with an id and a hint."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks
from django.core.exceptions import ImproperlyConfigured

from c8yadmin.core.tenants import configured

LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "testserver"}
SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
SECRET_LENGTH = 32
LONGEST_UNDO = 3650  # days


def refuse_unsafe_settings() -> None:
    """Raise what the checks call an error about security: a server starts without running any check."""
    findings = run_checks(tags=[Tags.security])
    if errors := [finding for finding in findings if finding.is_serious()]:
        raise ImproperlyConfigured("\n".join(str(error) for error in errors))


def _public_hosts() -> list[str]:
    return [host for host in settings.ALLOWED_HOSTS if host not in LOOPBACK]


@register(Tags.security)
def debug_stays_at_home(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not (settings.DEBUG and _public_hosts()):
        return []
    return [
        Error(
            f"Debug mode is on while the console answers to {', '.join(_public_hosts())}.",
            hint="Unset C8YADMIN_DEBUG, or leave only loopback names in C8YADMIN_ALLOWED_HOSTS.",
            id="c8yadmin.E001",
        )
    ]


@register(Tags.security)
def secret_key_is_secret(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if len(settings.SECRET_KEY) >= SECRET_LENGTH and not settings.SECRET_KEY.startswith("django-insecure"):
        return []
    return [
        Error(
            f"The secret key is a default or has fewer than {SECRET_LENGTH} characters.",
            hint="Unset C8YADMIN_SECRET_KEY to have one made in the data directory, or give a long one.",
            id="c8yadmin.E002",
        )
    ]


@register(Tags.security)
def encryption_keys_are_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"Encryption key number {number} is not a Fernet key.",
            hint="C8YADMIN_ENCRYPTION_KEYS holds comma-separated keys of 32 bytes in URL-safe base64, the "
            "newest first. Unset it to have one made in the data directory.",
            id="c8yadmin.E003",
        )
        for number, key in enumerate(settings.ENCRYPTION_KEYS, start=1)
        if not _is_fernet(key)
    ]


@register(Tags.security)
def strangers_need_https(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.HTTPS or not _public_hosts():
        return []
    return [
        Warning(
            f"The console answers to {', '.join(_public_hosts())} without HTTPS: passwords travel in clear.",
            hint="Set C8YADMIN_HTTPS=true behind a proxy that speaks TLS, and C8YADMIN_BEHIND_PROXY=true if "
            "that proxy sets X-Forwarded-Proto.",
            id="c8yadmin.W001",
        )
    ]


@register(Tags.security)
def prefix_is_a_path(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if PREFIX.fullmatch(settings.PATH_PREFIX):
        return []
    return [
        Error(
            f"{settings.PATH_PREFIX!r} is no path to stand below.",
            hint="C8YADMIN_PATH_PREFIX is a path such as /service/c8yadmin, or empty.",
            id="c8yadmin.E006",
        )
    ]


@register(Tags.security)
def hosts_are_named(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Error(
            "The console answers to every host name.",
            hint="Name the hosts in C8YADMIN_ALLOWED_HOSTS.",
            id="c8yadmin.E004",
        )
    ]


@register(Tags.staticfiles)
def packages_are_installed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    missing = [path for path, source in settings.PACKAGE_FILES.items() if not source.exists()]
    if not missing or settings.STATIC_ROOT.exists():
        return []
    return [
        Warning(
            f"Style sheets are missing: {', '.join(missing)}.",
            hint="Run `make setup`, or `npm ci --ignore-scripts`.",
            id="c8yadmin.W002",
        )
    ]


@register
def undo_days_are_days(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if 0 <= settings.JOBS_UNDO_DAYS <= LONGEST_UNDO:
        return []
    return [
        Error(
            f"Jobs cannot be revertible for {settings.JOBS_UNDO_DAYS} days.",
            hint=f"C8YADMIN_JOBS_UNDO_DAYS is a number of days from 0 to {LONGEST_UNDO}.",
            id="c8yadmin.E101",
        )
    ]


@register
def tenants_are_sound(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    problems = [] if isinstance(settings.TENANTS, list) else ["It is not a list."]
    problems = problems or _unusable(settings.TENANTS)
    hint = (
        'C8YADMIN_TENANTS is JSON: [{"slug": "acme", "name": "Acme", "base_url": "https://acme.example.com"}]'
    )
    return [Error(f"The list of tenants: {problem}", hint=hint, id="c8yadmin.E005") for problem in problems]


def _unusable(entries: list[Any]) -> list[str]:
    try:
        tenants = configured()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return [f"An entry cannot be used ({type(error).__name__}: {error})."]
    slugs = [tenant.slug for tenant in tenants]
    return [
        *(f"{slug!r} is no slug of letters, digits, ._-" for slug in slugs if not SLUG.fullmatch(slug)),
        *(f"{slug!r} appears twice." for slug in sorted({one for one in slugs if slugs.count(one) > 1})),
        *(f"The address of {t.slug!r} is not http(s)://host." for t in tenants if not _is_host(t.base_url)),
    ]


def _is_host(base_url: str) -> bool:
    parts = urlsplit(base_url)
    return (
        parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.username
    )


def _is_fernet(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True
