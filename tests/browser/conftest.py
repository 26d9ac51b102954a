"""A real Chromium in front of the whole product: web, worker, beat, Redis and sandbox, each a process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from sdk import BasicAuth, CumulocityClient
from tests.demo.running import Demo

OPTIONS = ["--devices", "412", "--latency-ms", "60"]


@dataclass(frozen=True)
class Console:
    """The running console and its sandbox sign-ins."""

    demo: Demo

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.demo.port}"

    def password(self, tenant: str, user: str) -> str:
        users = next(entry["users"] for entry in self._sandbox()["tenants"] if entry["id"] == tenant)
        return str(users[user]["password"])

    def somebody_else(self) -> CumulocityClient:
        """Another administrator of `acme`, who works without the console."""
        auth = BasicAuth("acme/admin", self.password("acme", "admin"))
        return CumulocityClient(self._sandbox()["base_url"], "acme", auth)

    def _sandbox(self) -> dict[str, Any]:
        return dict(json.loads((self.demo.folder / "sandbox.json").read_text()))


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The product, started as `make demo` starts it, once for all modules that want nothing special of it."""
    demo = Demo(tmp_path_factory.mktemp("browser"), *OPTIONS)
    yield Console(demo)
    demo.stop()


@pytest.fixture
def tab(chromium: Browser, console: Console) -> Iterator[Page]:
    """A fresh browser's first tab; the test fails when the page complains in its console."""
    context = chromium.new_context(base_url=console.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    complaints: list[str] = []
    context.on("console", lambda message: complaints.extend(complaint(message)))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert complaints == []


def complaint(message: ConsoleMessage) -> list[str]:
    """What a console message blames the page for; that a request was refused is not the page's fault."""
    refused = ("Failed to load resource", "Response Status Error Code")
    if message.type not in {"error", "warning"} or any(words in message.text for words in refused):
        return []
    return [f"{message.location.get('url')}: {message.text}"]


@pytest.fixture
def sign_in_at(console: Console) -> Callable[..., None]:
    """Signs a user in on a tab, through the page: `sign_in_at(tab, "acme", "admin")`."""

    def through_the_page(tab: Page, tenant: str, user: str) -> None:
        tab.goto(f"{console.url}/sign-in/?tenant={tenant}")
        tab.get_by_label("User name").fill(user)
        tab.get_by_label("Password").fill(console.password(tenant, user))
        tab.get_by_role("button", name="Sign in").click()
        tab.wait_for_url(f"**/t/{tenant}/**")

    return through_the_page
