"""`manage.py demo`: starts whole, stays whole, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from c8yadmin.demo.plan import healthy
from tests.demo.running import Demo, command, environment
from tests.live.browser import Tab
from tests.processes import eventually

REPAIRED = 15  # seconds
BARE_COMMANDS = 1.5  # seconds for four at a time on two cores that nobody else uses
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that has run before in its folder; tests may kill its parts."""
    folder = tmp_path_factory.mktemp("demo")
    running = Demo(folder)
    running.stop()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def browser(demo: Demo) -> Iterator[Browser]:
    browser = Browser(demo, "acme", "admin")
    yield browser
    browser.session.close()


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Demo]:
    """A demo that the test itself may end."""
    running = Demo(tmp_path)
    yield running
    running.stop(signal.SIGKILL)


def test_a_restart_shows_the_first_page_within_five_seconds(demo: Demo) -> None:
    demo.stop()
    busy = max(1, seconds_for_bare_commands() / BARE_COMMANDS)
    demo.start()
    assert demo.starts[-1] < 5 * busy


def test_the_sign_ins_are_printed_and_open_the_console(browser: Browser) -> None:
    answer = browser.sign_in()
    assert answer.status_code in (302, 303), answer.text
    assert answer.headers["Location"].startswith("/t/acme/")


def test_a_signed_in_page_may_listen_until_it_signs_out(demo: Demo, browser: Browser) -> None:
    browser.sign_in()
    session = browser.session.cookies["c8yadmin"]
    tab = Tab(demo.port, session)
    tab.next("ping")
    browser.post("/t/acme/sign-out/", "/t/acme/jobs/", {})
    assert tab.next("bye") == {"reason": "signed-out"}
    tab.close()
    refused = Tab(demo.port, session)
    assert refused.status == 401
    refused.close()


@pytest.mark.parametrize(
    "words",
    [
        "unixsocket:",
        "-m sdk.sandbox",
        "manage.py serve",
        "-A c8yadmin.celery worker",
        "-A c8yadmin.celery beat",
    ],
)
def test_a_killed_part_is_back_and_at_work_within_fifteen_seconds(demo: Demo, words: str) -> None:
    killed = demo.part(words)
    assert killed
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: demo.part(words) not in (None, killed), seconds=REPAIRED)
    eventually(lambda: at_work(demo, words), seconds=REPAIRED)
    assert "was killed by SIGKILL" in demo.words()


def test_requests_wait_while_the_web_server_restarts(demo: Demo) -> None:
    killed = demo.part("manage.py serve")
    assert killed
    os.kill(killed, signal.SIGKILL)
    with socket.create_connection(("127.0.0.1", demo.port), timeout=REPAIRED) as browser:
        browser.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert browser.recv(100).startswith(b"HTTP/1.1 200")


def test_a_second_demo_in_the_same_folder_is_refused_in_words(demo: Demo) -> None:
    refused = run(demo.folder, demo.port)
    assert refused.returncode != 0
    assert f"A demo is already running in this folder: http://127.0.0.1:{demo.port}" in refused.stderr
    assert healthy(demo.port)


def test_a_port_in_use_is_said_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = run(tmp_path, port)
    assert refused.returncode != 0
    assert f"Port {port} cannot be used" in refused.stderr
    assert f"PORT={port + 1}" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_secrets_of_the_demo_are_readable_by_their_owner_alone(demo: Demo) -> None:
    folder = demo.folder / "redis"
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in ("redis.url", "redis/redis.conf", "redis/redis.sock", "sandbox.json"):
        assert (demo.folder / name).stat().st_mode & 0o077 == 0, name
    with pytest.raises(Exception, match=r"(?i)auth"):
        Redis(unix_socket_path=str(folder / "redis.sock"), retry=Retry(NoBackoff(), 0)).ping()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_after_a_stop_no_process_and_no_address_is_left(another: Demo, number: signal.Signals) -> None:
    eventually(lambda: len(another.parts()) == 7)  # five, and two children of the worker
    before = time.monotonic()
    assert another.stop(number) == 0
    assert time.monotonic() - before < REPAIRED
    assert another.parts() == {}
    assert another.words().endswith("Stopped.\n")
    assert not (another.folder / "redis.url").exists()


def test_a_killed_supervisor_leaves_no_process(another: Demo) -> None:
    another.stop(signal.SIGKILL)
    eventually(lambda: not another.parts(), seconds=5)


def test_where_the_kernel_does_not_end_children_a_warden_does(tmp_path: Path) -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", WARDED], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert supervisor.stdout
    child = int(supervisor.stdout.readline())
    os.kill(child, 0)
    supervisor.kill()
    supervisor.communicate()
    eventually(lambda: not alive(child))


WARDED = """
import subprocess, time
from c8yadmin.supervision.warden import Warden
child = subprocess.Popen(["sleep", "60"], start_new_session=True, stdout=subprocess.DEVNULL)
Warden().watch(child.pid)
print(child.pid, flush=True)
time.sleep(60)
"""


def seconds_for_bare_commands() -> float:
    """How long four processes of the console need to come up now; other tests share this machine's cores."""
    before = time.monotonic()
    bare = [
        subprocess.Popen([sys.executable, "manage.py", "version"], stdout=subprocess.DEVNULL)
        for _ in range(4)
    ]
    assert [process.wait() for process in bare] == [0] * 4
    return time.monotonic() - before


def alive(pid: int) -> bool:
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout.strip() not in ("", "Z", "Zs")


def run(folder: Path, port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(port), env=environment(folder), capture_output=True, text=True, timeout=30, check=False
    )


def at_work(demo: Demo, words: str) -> bool:
    """Whether the part does what it is there for."""
    match words.rpartition(" ")[2]:
        case "unixsocket:":
            return bool(Redis.from_url(demo.redis_url).ping())
        case "sdk.sandbox":
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", demo.sandbox_port)) == 0
        case "serve":
            return healthy(demo.port)
        case celery:
            heard = [
                sys.executable,
                "-m",
                "celery",
                "-A",
                "c8yadmin.celery",
                "inspect",
                "ping",
                "--timeout",
                "3",
            ]
            surroundings = {**environment(demo.folder), "REDIS_URL": demo.redis_url}
            asked = subprocess.run(heard, env=surroundings, capture_output=True, check=False)
            return asked.returncode == 0 and demo.part(f"-A c8yadmin.celery {celery}") is not None


class Browser:
    """A browser of somebody whose password the demo has printed."""

    def __init__(self, demo: Demo, tenant: str, user: str) -> None:
        rows = [line.split() for line in demo.words().splitlines()]
        self.form = {"tenant": tenant, "username": user}
        self.form["password"] = next(row[2] for row in rows if row[:2] == [tenant, user])
        self.address = f"http://127.0.0.1:{demo.port}"
        self.session = requests.Session()
        self.session.trust_env = False

    def post(self, path: str, page: str, form: dict[str, str]) -> requests.Response:
        """Send a form with the token that `page` holds."""
        shown = self.session.get(self.address + page).text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown)
        assert token, shown
        data = {**form, "csrfmiddlewaretoken": token[1]}
        return self.session.post(self.address + path, data=data, allow_redirects=False)

    def sign_in(self) -> requests.Response:
        return self.post("/sign-in/", "/sign-in/", self.form)
