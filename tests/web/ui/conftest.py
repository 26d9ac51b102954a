"""A real Chromium before the pattern page."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django import Settings

# What the browser and htmx write about an answer with a failure's status.
EXPECTED = re.compile("Failed to load resource|Response Status Error Code|htmx:(sendError|afterRequest)")


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """The test's own assertions say what went wrong."""


@pytest.fixture
def site(settings: Settings) -> Iterator[str]:
    """The console's own address, and under `/fail/<kind>/` every failure; without a database."""
    settings.ROOT_URLCONF = "tests.web.core.failing"
    application = StaticFilesHandler(get_wsgi_application())
    with make_server("127.0.0.1", 0, application, WSGIServer, QuietHandler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def context(chromium: Browser, site: str) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=site, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(5000)
    yield context
    context.close()


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    """The pattern page; whatever the browser complains about fails the test, except failures asked for."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/ui/")
    yield page
    assert [words for words in complaints if not EXPECTED.search(words)] == []
