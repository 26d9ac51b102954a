"""Unsafe settings are refused before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings

SAFE: dict[str, Any] = {
    "DEBUG": False,
    "HTTPS": True,
    "ALLOWED_HOSTS": ["console.example.com"],
    "SECRET_KEY": "k" * 50,
    "TENANTS": [{"slug": "acme", "base_url": "https://acme.example.com"}],
}


def ids(**settings: Any) -> set[str]:
    with override_settings(**(SAFE | settings)):
        return {message.id for message in run_checks() if str(message.id).startswith("c8yadmin.")}


def test_sound_settings_pass() -> None:
    assert ids() == set()


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"DEBUG": True}, "c8yadmin.E001"),
        ({"SECRET_KEY": "short"}, "c8yadmin.E002"),
        ({"SECRET_KEY": "django-insecure-" + "k" * 50}, "c8yadmin.E002"),
        ({"ENCRYPTION_KEYS": ["not a key"]}, "c8yadmin.E003"),
        ({"ALLOWED_HOSTS": ["*"]}, "c8yadmin.E004"),
        ({"PATH_PREFIX": "service/c8yadmin"}, "c8yadmin.E006"),
        ({"PATH_PREFIX": "//example.com"}, "c8yadmin.E006"),
        ({"PATH_PREFIX": "/a/../b"}, "c8yadmin.E006"),
        ({"PATH_PREFIX": "/a;b"}, "c8yadmin.E006"),
        ({"JOBS_UNDO_DAYS": -1}, "c8yadmin.E101"),
        ({"JOBS_UNDO_DAYS": 10_000}, "c8yadmin.E101"),
        ({"TENANTS": {"slug": "acme"}}, "c8yadmin.E005"),
        ({"TENANTS": [{"slug": "acme"}]}, "c8yadmin.E005"),
        ({"TENANTS": [{"slug": "a/b", "base_url": "https://a.example.com"}]}, "c8yadmin.E005"),
        ({"TENANTS": SAFE["TENANTS"] * 2}, "c8yadmin.E005"),
        ({"TENANTS": [{"slug": "acme", "base_url": "acme.example.com"}]}, "c8yadmin.E005"),
        ({"TENANTS": [{"slug": "a", "base_url": "https://a.example", "access": "all"}]}, "c8yadmin.E005"),
        ({"APPROVAL": "sometimes"}, "c8yadmin.E010"),
        ({"APPROVAL": "destructive,5,6"}, "c8yadmin.E010"),
        ({"TENANTS": [SAFE["TENANTS"][0] | {"approval": 7}]}, "c8yadmin.E010"),
        ({"SERVICE_USERS": ["acme"]}, "c8yadmin.E011"),
        ({"SERVICE_USERS": {"nowhere": {"user": "robot", "password": "pw"}}}, "c8yadmin.E011"),
        ({"SERVICE_USERS": {"acme": {"user": "robot"}}}, "c8yadmin.E011"),
        ({"SERVICE_USERS": {"acme": {"user": "t1:robot", "password": "pw"}}}, "c8yadmin.E011"),
        ({"SERVICE_USERS": {"acme": {"user": "robot", "password": ""}}}, "c8yadmin.E011"),
        ({"JOB_PASSWORD_HOURS": 25}, "c8yadmin.E012"),
        ({"JOB_PASSWORD_HOURS": -1}, "c8yadmin.E012"),
        ({"JOBS_PER_USER": -1}, "c8yadmin.E013"),
        ({"JOBS_ABORT_PERCENT": 102.0}, "c8yadmin.E013"),
        ({"HTTPS": False}, "c8yadmin.W001"),
        (
            {"PACKAGE_FILES": {"vendor/x.css": Path("/nowhere/x.css")}, "STATIC_ROOT": Path("/nowhere")},
            "c8yadmin.W002",
        ),
    ],
)
def test_each_mistake_has_its_id(wrong: dict[str, Any], expected: str) -> None:
    assert ids(**wrong) == {expected}


def test_debug_at_home_is_fine() -> None:
    assert ids(DEBUG=True, HTTPS=False, ALLOWED_HOSTS=["localhost", "127.0.0.1"]) == set()


def test_every_finding_has_a_hint() -> None:
    with override_settings(DEBUG=True, HTTPS=False, ALLOWED_HOSTS=["*"], SECRET_KEY="x", TENANTS=[{}]):
        found = [message for message in run_checks() if str(message.id).startswith("c8yadmin.")]
    assert found
    assert [message.id for message in found if not message.hint] == []


@pytest.mark.parametrize("unsafe", [{"DEBUG": True, "ALLOWED_HOSTS": ["a.example"]}, {"SECRET_KEY": "short"}])
def test_no_page_is_served_with_unsafe_settings(unsafe: dict[str, Any]) -> None:
    with override_settings(**unsafe), pytest.raises(ImproperlyConfigured, match="HINT"):
        Client().get("/healthz")


def test_a_secret_never_stands_in_a_finding() -> None:
    with override_settings(SECRET_KEY="canary", ENCRYPTION_KEYS=["canary-key"]):
        assert "canary" not in str(run_checks())
