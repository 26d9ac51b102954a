"""The sandbox as a server of its own, and the ways other people's clients are pointed at it."""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from sdk.sandbox.tokens import totp
from tests.contract.recorded import check, recording

FOLDER = Path(__file__).parent
PYTHON_CLIENTS = ("pyc8y", "c8y_api")
WEB_CLIENT = FOLDER / "node_modules" / "@c8y" / "client"


@dataclass(frozen=True)
class Running:
    """A listening sandbox: its address and the sign-ins of tenant `acme`."""

    base_url: str
    users: dict[str, dict[str, Any]]
    bootstrap: dict[str, str]

    def password(self, user: str) -> str:
        return str(self.users[user]["password"])

    def code(self, user: str = "tfa") -> str:
        """The one-time code of this moment."""
        return totp(self.users[user]["totp_secret"])

    @property
    def named_url(self) -> str:
        """The address by the tenant's own host name, as a tenant of the platform has it."""
        return self.base_url.replace("127.0.0.1", "acme.localhost")


class Process:
    """`python -m sdk.sandbox` on a free port; in the end all that it answered is checked."""

    def __init__(self, folder: Path) -> None:
        self._ready, self._answers = folder / "ready.json", folder / "answers.jsonl"
        command = [sys.executable, "-m", "sdk.sandbox", "--port", "0", "--devices", "60", "--no-live"]
        environment = os.environ | recording(self._answers)
        self._process = subprocess.Popen([*command, "--ready-file", str(self._ready)], env=environment)

    def listens(self) -> bool:
        assert self._process.poll() is None, "The sandbox ended before it listened."
        return self._ready.exists()

    def running(self) -> Running:
        info = json.loads(self._ready.read_text())
        acme = next(tenant for tenant in info["tenants"] if tenant["id"] == "acme")
        return Running(info["base_url"], acme["users"], info["bootstrap"])

    def end(self) -> None:
        self._process.terminate()
        assert self._process.wait(10) == 0
        check(self._answers)


def missing_python_clients() -> list[str]:
    return [name for name in PYTHON_CLIENTS if importlib.util.find_spec(name) is None]


def missing(words: str) -> None:
    """Skip the test, loudly, where a client is not installed; fail instead under `CI=true`."""
    if os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)


def archive() -> BytesIO:
    """The smallest archive of a microservice."""
    file = BytesIO()
    with ZipFile(file, "w") as packed:
        packed.writestr("cumulocity.json", json.dumps({"apiVersion": "1", "version": "1.0.0"}))
    file.seek(0)
    return file


def asynchronous(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Runs a test in an event loop of its own, and closes the clients among its fixtures in there."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        asyncio.run(_run(test, fixtures))

    return run


async def _run(test: Callable[..., Awaitable[None]], fixtures: dict[str, Any]) -> None:
    try:
        await test(**fixtures)
    finally:
        for fixture in fixtures.values():
            if asyncio.iscoroutinefunction(getattr(fixture, "close", None)):
                await fixture.close()
