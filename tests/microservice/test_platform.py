"""What a container is given by the platform becomes the console's settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from c8yadmin.jobs.registry import actions
from c8yadmin.microservice.platform import Misplaced, settings
from tests.microservice.conftest import MANIFEST, Platform, secrets


@pytest.fixture(autouse=True)
def container(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the container."""
    for name in ("DATABASE_URL", "REDIS_URL", "C8YADMIN_DATA_DIR", "C8YADMIN_PATH_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    for name, value in platform.variables.items():
        monkeypatch.setenv(name, value)


def test_tenant_service_user_and_address_need_no_setting(platform: Platform, tmp_path: Path) -> None:
    wanted = secrets(tmp_path, "redis://redis.example.com/0")
    platform.set_options(**wanted)
    found = settings()
    assert {name: found[name] for name in wanted} == wanted
    assert found["C8YADMIN_PATH_PREFIX"] == "/service/c8yadmin"
    assert found["C8YADMIN_HTTPS"] == "true"
    [tenant] = json.loads(found["C8YADMIN_TENANTS"])
    assert (tenant["slug"], tenant["base_url"]) == ("acme", platform.server.base_url)
    assert found["C8YADMIN_TRUSTED_ORIGINS"] == f"https://{tenant['name']}"
    service = {"user": platform.variables["C8Y_USER"], "password": platform.variables["C8Y_PASSWORD"]}
    assert json.loads(found["C8YADMIN_SERVICE_USERS"]) == {"acme": service}


def test_the_container_s_own_variables_win(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.set_options(**secrets(tmp_path, "redis://redis.example.com/0"), C8YADMIN_LOG_LEVEL="DEBUG")
    monkeypatch.setenv("C8YADMIN_HTTPS", "false")
    found = settings()
    assert (found["C8YADMIN_HTTPS"], found["C8YADMIN_LOG_LEVEL"]) == ("false", "DEBUG")


def test_what_is_missing_is_named_and_other_options_are_left_alone(
    platform: Platform, tmp_path: Path
) -> None:
    some = secrets(tmp_path, "redis://redis.example.com/0") | {"PATH": "/tmp"}  # noqa: S108
    del some["REDIS_URL"], some["C8YADMIN_SECRET_KEY"]
    platform.set_options(**some)
    with pytest.raises(Misplaced, match="category c8yadmin: REDIS_URL, C8YADMIN_SECRET_KEY") as refused:
        settings()
    assert some["C8YADMIN_ENCRYPTION_KEYS"] not in str(refused.value)
    platform.set_options(REDIS_URL="redis://redis.example.com/0", C8YADMIN_SECRET_KEY="s" * 50)
    assert "PATH" not in settings()


def test_one_container_for_all_tenants_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("C8Y_MICROSERVICE_ISOLATION", "MULTI_TENANT")
    with pytest.raises(Misplaced, match="PER_TENANT"):
        settings()


def test_the_manifest_asks_for_the_rights_of_every_action_that_a_job_may_do() -> None:
    roles = set(MANIFEST["requiredRoles"])
    assert {action.name for action in actions() if action.needs and not roles & set(action.needs)} == set()
    assert "ROLE_USER_MANAGEMENT_READ" in roles  # whether whoever asked still holds them
