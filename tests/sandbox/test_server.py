"""The sandbox on a port."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sdk.sandbox import Sandbox
from sdk.sandbox.server import Server
from tests.contract.recorded import check, recording

OBJECTS = "/inventory/managedObjects"


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[Server]:
    with Server(sandbox).start() as server:
        yield server


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.auth = ("acme/admin", sandbox.tenant("acme").passwords["admin"])
        yield session


def test_it_serves_over_one_kept_connection(server: Server, session: requests.Session) -> None:
    assert session.get(server.base_url + OBJECTS).json()["self"].startswith(server.base_url)
    connection = http.client.HTTPConnection(server.base_url.removeprefix("http://"))
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/tenant/loginOptions?tenantId=acme")
        assert connection.getresponse().read()
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets) == 1


def test_encoded_slashes_and_chunked_bodies_arrive(
    server: Server, session: requests.Session, sandbox: Sandbox
) -> None:
    sandbox.tenant("acme").bind("t", "a/b", "1001")
    assert session.get(f"{server.base_url}/identity/externalIds/t/a%2Fb").status_code == 200
    media = "application/vnd.com.nsn.cumulocity.managedobject+json"
    headers = {"Content-Type": media, "Accept": media}
    made = session.post(server.base_url + OBJECTS, data=iter([b'{"name":', b'"x"}']), headers=headers)
    assert made.json()["name"] == "x"


def test_a_refused_body_does_not_disturb_the_next_request(server: Server, session: requests.Session) -> None:
    refused = session.post(f"{server.base_url}/nowhere", data=b"x" * 200_000)
    assert refused.status_code == 404
    assert session.get(server.base_url + OBJECTS).status_code == 200


def test_connections_are_cut_for_real(server: Server, session: requests.Session, sandbox: Sandbox) -> None:
    for cut in ("before", "after", "middle"):
        sandbox.faults.add(cut=cut, times=1)
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            session.get(server.base_url + OBJECTS)
    assert session.get(server.base_url + OBJECTS).status_code == 200


def test_latency_blocks_nobody(sandbox: Sandbox, session: requests.Session) -> None:
    sandbox.latency = 0.4
    with Server(sandbox).start() as server:
        started = time.perf_counter()
        threads = [threading.Thread(target=session.get, args=(server.base_url + OBJECTS,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert time.perf_counter() - started < 8 * 0.4 / 2


def test_a_malformed_request_is_answered_and_the_server_lives_on(
    server: Server, session: requests.Session
) -> None:
    with socket.create_connection(("127.0.0.1", int(server.base_url.rsplit(":", 1)[-1]))) as connection:
        connection.sendall(b"NONSENSE\r\n\r\n")
        assert b"400" in connection.recv(1000)
    assert session.get(server.base_url + OBJECTS).status_code == 200


def test_parallel_writers_lose_nothing(server: Server, sandbox: Sandbox, session: requests.Session) -> None:
    acme = sandbox.tenant("acme")
    before = len(acme.inventory.objects)
    login = dict(session.get(server.base_url + OBJECTS).request.headers)["Authorization"]

    def create() -> None:
        connection = http.client.HTTPConnection(server.base_url.removeprefix("http://"))
        headers = {"Authorization": login, "Content-Type": "application/json", "Accept": "application/json"}
        for _ in range(20):
            connection.request("POST", OBJECTS, body='{"name": "x"}', headers=headers)
            assert connection.getresponse().read()
        connection.close()

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(acme.inventory.objects) == before + 160


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any], Path]]:
    ready = tmp_path / "ready.json"
    command = [
        sys.executable,
        "-m",
        "sdk.sandbox",
        "--port",
        "0",
        "--devices",
        "20",
        "--tls-port",
        "0",
        "--ready-file",
        str(ready),
    ]
    environment = os.environ | recording(tmp_path / "answers.jsonl")
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 20
    while not ready.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    yield process, json.loads(ready.read_text()), ready
    process.kill()
    process.communicate()
    check(tmp_path / "answers.jsonl")


def test_alone_it_tells_where_it_is_and_ends_on_a_signal(
    process: tuple[subprocess.Popen[bytes], dict[str, Any], Path],
) -> None:
    running, info, ready = process
    assert stat.S_IMODE(ready.stat().st_mode) == 0o600
    assert [tenant["id"] for tenant in info["tenants"]] == ["acme", "globex"]
    users = info["tenants"][1]["users"]
    assert users["tfa"]["totp_secret"]
    assert info["bootstrap"]["tenant"] == "management"
    assert "admins" not in users["admin"]["roles"]
    answer = requests.get(
        info["base_url"] + OBJECTS, auth=("globex/reader", users["reader"]["password"]), timeout=5
    )
    assert answer.status_code == 200
    own = ready.with_name("own.pem")
    own.write_text(info["tls"]["certificate"])
    with requests.Session() as session:
        session.trust_env = False
        address = f"{info['tls']['base_url']}/tenant/loginOptions?tenantId=acme"
        assert session.get(address, verify=str(own), timeout=5).status_code == 200
    running.send_signal(signal.SIGTERM)
    output, _ = running.communicate(timeout=5)
    assert (running.returncode, output) == (0, b"")


def test_a_port_in_use_is_told_in_a_sentence(server: Server) -> None:
    command = [
        sys.executable,
        "-m",
        "sdk.sandbox",
        "--port",
        server.base_url.rsplit(":", 1)[-1],
        "--devices",
        "4",
    ]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("The sandbox cannot run: ")
    assert "Traceback" not in ended.stderr
