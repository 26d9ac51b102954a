"""The container's one process behind the gateway: pages, live progress, the service user, and its end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect

from c8yadmin import settings as product
from c8yadmin.demo import assets
from c8yadmin.demo.plan import free_port, healthy
from tests.docs.test_image import clean
from tests.gateway import Gateway
from tests.microservice.conftest import Platform, secrets
from tests.processes import eventually

PREFIX = "/service/c8yadmin"
COMMAND = [sys.executable, "-m", "c8yadmin.microservice"]

pytestmark = pytest.mark.xdist_group("microservice")


class Container:
    """The running microservice, with the gateway that leads to it."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.gateway = Gateway(PREFIX)
        self.gateway.target = free_port()
        self.output = folder / "output.txt"
        own = {
            "SERVER_PORT": str(self.gateway.target),
            "C8YADMIN_DATA_DIR": str(folder),
            # There is no TLS between this browser and this gateway.
            "C8YADMIN_HTTPS": "false",
            "C8YADMIN_TRUSTED_ORIGINS": self.gateway.origin,
        }
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(COMMAND, env=clean() | variables | own, stdout=output)

    def events(self) -> list[dict[str, str]]:
        """What it has written, but for what Django's checks say beforehand: that there is no HTTPS here."""
        return [json.loads(line) for line in self.output.read_text().splitlines() if line.startswith("{")]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def close(self) -> None:
        if self.process.poll() is None:
            self.stop()
        self.gateway.close()


@pytest.fixture(scope="module")
def collected() -> None:
    """The files for browsers, which an image holds, where this container looks for them."""
    with override_settings(STATIC_ROOT=product.STATIC_ROOT, STORAGES=product.STORAGES):
        assets.collect()


@pytest.fixture
def container(platform: Platform, collected: None, redis_url: str, tmp_path: Path) -> Iterator[Container]:
    platform.set_options(**secrets(tmp_path, redis_url))
    running = Container(tmp_path, platform.variables)
    yield running
    running.close()


@pytest.fixture
def tab(chromium: Browser, container: Container) -> Iterator[Page]:
    context = chromium.new_context(base_url=container.gateway.origin)
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


@pytest.mark.browser
def test_the_service_user_does_a_job_that_one_watches_below_the_prefix(
    tab: Page, platform: Platform, container: Container
) -> None:
    eventually(lambda: healthy(container.gateway.target), 60)
    shown = tab.goto(f"{PREFIX}/")
    assert shown is not None
    assert shown.ok, f"{tab.content()}\n{container.output.read_text()}"
    tab.get_by_label("User name").fill("admin")
    tab.get_by_label("Password").fill(platform.password)
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url(f"**{PREFIX}/t/acme/devices/")
    tab.get_by_label(re.compile(r"^All [\d,]+ matching$")).check()
    tab.get_by_role("button", name="Set fragment").click()
    tab.get_by_label("Fragment").fill("c8y_Note")
    tab.get_by_label("Value").fill('{"text": "seen"}')
    tab.get_by_role("button", name="Preview").click()
    tab.get_by_label(re.compile("^Let the service user service_c8yadmin")).check(timeout=60_000)
    tab.get_by_role("button", name="Confirm and start").click()
    tab.locator("#progress", has_text="Completed").wait_for(timeout=60_000)
    expect(tab.get_by_text("service_c8yadmin on behalf of admin").first).to_be_visible()
    assert "event: job" in container.gateway.streamed
    assert container.gateway.strays == []
    assert container.stop() == 0
    written = container.output.read_text()
    assert any(event.get("request") == f"GET {PREFIX}/sign-in/" for event in container.events())
    assert platform.variables["C8Y_PASSWORD"] not in written
    assert platform.password not in written


def test_a_container_without_its_options_says_which_and_ends(platform: Platform, tmp_path: Path) -> None:
    container = Container(tmp_path, platform.variables)
    assert container.process.wait(30) == 1
    container.close()
    [told] = container.events()
    assert "missing in category c8yadmin: DATABASE_URL, REDIS_URL, C8YADMIN_SECRET_KEY" in told["event"]
    assert platform.variables["C8Y_PASSWORD"] not in container.output.read_text()


def test_a_web_process_that_dies_comes_back_and_its_port_stays_open(container: Container) -> None:
    eventually(lambda: healthy(container.gateway.target), 60)
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    lines = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    [web] = [pid for pid, parent, words in lines if parent == str(container.process.pid) and "serve" in words]
    os.kill(int(web), signal.SIGKILL)
    eventually(lambda: any("web was killed by SIGKILL" in event["event"] for event in container.events()), 10)
    eventually(lambda: healthy(container.gateway.target), 30)
    before = time.monotonic()
    assert container.stop() == 0
    assert time.monotonic() - before < 30  # what a cluster grants
