"""The console below a path of somebody else's host, as a microservice stands there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from playwright.sync_api import Page, expect

from tests.browser.conftest import Console
from tests.browser.test_story import preview_a_note_on_all_devices
from tests.demo.running import Demo
from tests.gateway import INSIDE, Gateway

PREFIX = "/service/c8yadmin"
WITHIN_TEXT = re.compile(r"""["'(]((?:https?:/)?/[A-Za-z][^"')\s]*)""")  # addresses in JSON and the like
OF_A_KIND = 2  # how many pages of one kind are looked at
OPTIONS = ["--devices", "200", "--latency-ms", "60"]
MAP = "https://www.openstreetmap.org/"  # where a device's page links to its place
SignIn = Callable[[Page, str, str], None]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@dataclass(frozen=True)
class Below(Console):
    """The console behind a gateway."""

    gateway: Gateway

    @property
    def url(self) -> str:
        return self.gateway.origin + PREFIX


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Below]:
    gateway = Gateway(PREFIX)
    variables = {
        "C8YADMIN_PATH_PREFIX": PREFIX,
        "C8YADMIN_ALLOWED_HOSTS": f"127.0.0.1,{INSIDE}",
        "C8YADMIN_TRUSTED_ORIGINS": gateway.origin,
    }
    demo = Demo(tmp_path_factory.mktemp("prefix"), *OPTIONS, **variables)
    gateway.target = demo.port
    yield Below(demo, gateway)
    gateway.close()
    demo.stop()


@pytest.fixture(autouse=True)
def nothing_leads_beside_the_prefix(console: Below) -> Iterator[None]:
    yield
    assert console.gateway.strays == []


def start_a_job(tab: Page) -> None:
    """Set a fragment on all devices of acme; returns when the job has begun."""
    preview_a_note_on_all_devices(tab)
    tab.get_by_text(re.compile(r"^5 of [\d,]+")).wait_for(timeout=60_000)
    tab.get_by_role("button", name="Confirm and start").click()


def test_progress_is_live_below_a_prefix(tab: Page, sign_in_at: SignIn, console: Below) -> None:
    sign_in_at(tab, "acme", "admin")
    start_a_job(tab)
    watched = set()
    finished = tab.locator("#progress", has_text="Completed")
    while not finished.is_visible():
        watched.add(tab.get_by_text(re.compile(r"^[\d,]+ of [\d,]+$")).inner_text())
        tab.wait_for_timeout(100)
    assert len(watched) > 2, watched
    assert "event: job" in console.gateway.streamed  # and not by asking now and then
    assert tab.url.startswith(f"{console.url}/t/acme/jobs/")


def test_a_deep_link_leads_there_after_the_sign_in(tab: Page, console: Below) -> None:
    address = f"{console.url}/t/acme/alarms/?severity=MAJOR"
    tab.goto(address)
    tab.get_by_label("User name").fill("admin")
    tab.get_by_label("Password").fill(console.password("acme", "admin"))
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url(address)


def test_the_theme_is_kept_for_the_console_alone(tab: Page, sign_in_at: SignIn, console: Below) -> None:
    sign_in_at(tab, "acme", "admin")
    tab.get_by_role("button", name=re.compile("^Theme")).click()
    cookies = {cookie["name"]: cookie["path"] for cookie in tab.context.cookies()}
    assert cookies == {"c8yadmin": PREFIX, "csrftoken": PREFIX, "theme": f"{PREFIX}/"}
    tab.reload()
    expect(tab.locator("html")).to_have_attribute("data-bs-theme", "light")


class Addresses(HTMLParser):
    """All that a page would have a browser ask for: links to follow, and every address in any attribute."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.all: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if not value or name in ("d", "placeholder"):  # the shape of an icon, an example
                continue
            if (name, tag) == ("href", "a") or name == "hx-get":
                self.links += [] if value.startswith(("#", MAP)) else [value]
            whole = [value] if value.startswith(("/", "http://", "https://")) else []
            self.all += [one for one in whole + WITHIN_TEXT.findall(value) if not one.startswith(MAP)]


@dataclass
class Walk:
    """Follows every link of every page, a few pages of each kind."""

    console: Below
    session: requests.Session
    seen: dict[str, set[str]] = field(default_factory=dict)
    outside: set[tuple[str, str]] = field(default_factory=set)

    def go(self, preview: str) -> None:
        alone = ("/", "/ui/", "/t/acme/jobs/approvals/", "/t/acme/jobs/unconfirmed/", self.upload())
        waiting = [preview, *(self.console.url + page for page in alone)]
        while waiting:
            address = urljoin(self.console.url, waiting.pop(0))
            if self.takes(address):
                waiting += [urljoin(address, link) for link in self.links(address)]

    def upload(self) -> str:
        """Send a file to be imported; returns where that leads to."""
        address = f"{self.console.url}/t/acme/import/inventory/"
        sent = self.session.post(
            address,
            files={"file": ("devices.csv", "external id,name\none,One\n")},
            headers={"X-CSRFToken": self.session.cookies["csrftoken"], "Origin": self.console.gateway.origin},
            allow_redirects=False,
        )
        return sent.headers["Location"].removeprefix(PREFIX)

    def takes(self, address: str) -> bool:
        """Whether the page is to be looked at; downloads and other pages of its kind are not."""
        path = urlsplit(address).path
        if not path.startswith(PREFIX):
            self.outside.add(("a link", address))
            return False
        try:
            kind = resolve(path.removeprefix(PREFIX)).view_name
        except Resolver404:
            kind = "files"
        addresses = self.seen.setdefault(kind, set())
        new = address not in addresses and len(addresses) < OF_A_KIND
        addresses.add(address)
        return new

    def links(self, address: str) -> list[str]:
        with self.session.get(address, allow_redirects=False, stream=True) as answer:
            assert answer.status_code < 400, address
            if location := answer.headers.get("Location"):
                return [location]
            if not answer.headers["Content-Type"].startswith("text/html"):
                return []
            found = Addresses(answer.text)
        leads_outside = self.console.gateway.leads_outside
        self.outside |= {(address, other) for other in found.all if leads_outside(other)}
        return found.links


def names(resolver: URLResolver, space: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name}"
        else:
            yield from names(entry, f"{entry.namespace}:" if entry.namespace else space)


# What answers forms alone, machines, or needs more than a completed job.
NO_PAGES = {
    "accounts:sign_out", "alarms:change", "imports:failed", "imports:rows", "jobs:again", "jobs:approve",
    "jobs:cancel", "jobs:confirm", "jobs:export", "jobs:file", "jobs:forecast", "jobs:pause", "jobs:reject",
    "jobs:resume", "jobs:retry", "jobs:revert", "jobs:schedule", "jobs:speed", "jobs:waiting",
    "jobs:withdraw", "metrics", "onboarding:accept", "onboarding:remove", "operations:cancel",
    "users:enable", "users:grant", "users:revoke", "users:roles",
}  # fmt: skip
PAGES = set(names(get_resolver())) - NO_PAGES


def test_no_page_names_an_address_beside_the_prefix(console: Below, tab: Page, sign_in_at: SignIn) -> None:
    sign_in_at(tab, "acme", "admin")
    start_a_job(tab)
    tab.locator("#progress", has_text="Completed").wait_for(timeout=60_000)
    tab.get_by_role("link", name="Devices", exact=True).click()
    preview_a_note_on_all_devices(tab)
    tab.get_by_role("link", name="Change", exact=True).wait_for(timeout=60_000)
    with requests.Session() as session:
        for cookie in tab.context.cookies():
            session.cookies.set(cookie["name"], cookie["value"], path=cookie["path"])
        walk = Walk(console, session)
        walk.go(tab.url)
    assert walk.outside == set()
    assert " ".join(sorted(PAGES - set(walk.seen))) == ""
