"""A sandbox tenant that hosts the console as a microservice, by the manifest that is packed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from sdk import BasicAuth, CumulocityClient
from sdk.sandbox import Sandbox
from sdk.sandbox.server import Server

MANIFEST: dict[str, Any] = json.loads(Path("c8yadmin/microservice/cumulocity.json").read_text())


@dataclass
class Platform:
    """What installs the microservice in the tenant acme, and what its container is then given."""

    server: Server
    sandbox: Sandbox
    variables: dict[str, str]

    @property
    def password(self) -> str:
        return str(self.sandbox.credentials["acme"]["admin"]["password"])

    def administrator(self) -> CumulocityClient:
        return CumulocityClient(self.server.base_url, "acme", BasicAuth("acme/admin", self.password))

    def set_options(self, **values: str) -> None:
        """Write tenant options of the microservice's category, encrypted."""
        with self.administrator() as c8y:
            for name, value in values.items():
                option = {"category": MANIFEST["contextPath"], "key": f"credentials.{name}", "value": value}
                c8y.post("/tenant/options", json=option)


@pytest.fixture
def platform() -> Iterator[Platform]:
    sandbox = Sandbox(devices=120, seed=7, latency=0.02)
    with Server(sandbox).start() as server:
        made = Platform(server, sandbox, {})
        made.variables |= install(made)
        yield made


def install(platform: Platform) -> dict[str, str]:
    """Create the application, subscribe the tenant; the environment of its container."""
    with platform.administrator() as c8y:
        known = {key: MANIFEST[key] for key in ("name", "contextPath", "requiredRoles")}
        document = known | {"key": "c8yadmin-key", "type": "MICROSERVICE", "manifest": MANIFEST}
        created = c8y.post("/application/applications", json=document)
        c8y.applications.subscribe(str(created["id"]))
    return given(platform, str(created["id"]))


def given(platform: Platform, application: str) -> dict[str, str]:
    """The environment of the container of an application that the tenant has subscribed to."""
    with platform.administrator() as c8y:
        bootstrap = c8y.applications.get_bootstrap_user(application)
    with CumulocityClient(platform.server.base_url, "acme", bootstrap.auth) as itself:
        [service] = itself.applications.get_current_subscriptions()
    return {
        "C8Y_BASEURL": platform.server.base_url,
        "C8Y_MICROSERVICE_ISOLATION": "PER_TENANT",
        "C8Y_BOOTSTRAP_TENANT": "acme",
        "C8Y_BOOTSTRAP_USER": str(bootstrap["name"]),
        "C8Y_BOOTSTRAP_PASSWORD": str(bootstrap["password"]),
        "C8Y_TENANT": "acme",
        "C8Y_USER": str(service["name"]),
        "C8Y_PASSWORD": str(service["password"]),
    }


def secrets(folder: Path, redis_url: str) -> dict[str, str]:
    """What has to be set by hand."""
    return {
        "DATABASE_URL": f"sqlite:///{folder}/console.sqlite3",
        "REDIS_URL": redis_url,
        "C8YADMIN_SECRET_KEY": "s" * 50,
        "C8YADMIN_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }
