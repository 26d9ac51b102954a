"""Which addresses are dialled, through which proxy, and which never."""

from __future__ import annotations

import io
import socket
from typing import Any

import pytest

from sdk import BasicAuth, Connector, CumulocityClient, Unreachable
from tests.sdk.server import Server, answer, client


def test_an_address_that_may_not_be_called_is_not_dialled() -> None:
    seen: list[str] = []

    def check(address: str) -> bool:
        seen.append(address)
        return False

    connector = Connector(address_check=check)
    with Server(answer()) as server:
        with pytest.raises(Unreachable, match="may not be called"):
            client(server, connector).get("/x")
        assert seen == ["127.0.0.1"]
        assert server.connections == 0


def test_one_forbidden_address_among_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(answer()) as server:
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", server.port)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        connector = Connector(address_check=lambda address: address != "10.0.0.1")
        with pytest.raises(Unreachable):
            client(server, connector).get("/x")
        assert server.connections == 0


def test_the_checked_address_is_the_one_that_is_dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, port: int, *rest: Any, **named: Any) -> Any:
        resolved.append(host)
        # Only a name is resolved anew each time; what comes out of it is dialled as it is.
        return real("127.0.0.1" if host == "tenant.example" else host, port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with Server(answer(b'{"a":1}')) as server:
        connector = Connector(address_check=lambda address: address == "127.0.0.1")
        c8y = CumulocityClient(
            f"http://tenant.example:{server.port}", "t1", None, connector_factory=lambda: connector
        )
        assert c8y.get("/x") == {"a": 1}
        assert b"host: tenant.example:" in server.requests[0].lower()
        connector.close()
    assert resolved.count("tenant.example") == 1


def test_uploads_and_proxies_go_to_checked_addresses_only(tmp_path: Any) -> None:
    (tmp_path / "f.txt").write_bytes(b"content")
    connector = Connector(address_check=lambda _: False)
    with Server(answer()) as server:
        with pytest.raises(Unreachable):
            client(server, connector).put_file("/x", tmp_path / "f.txt")
        assert server.connections == 0


def test_an_upload_to_an_allowed_address_names_the_host_it_means() -> None:
    connector = Connector(address_check=lambda address: address in {"127.0.0.1", "::1"})
    with Server(answer()) as server:
        c8y = CumulocityClient(
            f"http://localhost:{server.port}", "t1", None, connector_factory=lambda: connector
        )
        c8y.put_file("/x", io.BytesIO(b"content"))
        connector.close()
        assert f"host: localhost:{server.port}\r\n".encode() in server.requests[0].lower()
        assert server.requests[0].endswith(b"\r\n\r\ncontent")


def test_an_unknown_name_is_not_tried_again() -> None:
    attempts: list[object] = []
    c8y = CumulocityClient("http://no-such-host.invalid", "t1", None, on_request=attempts.append)
    with c8y, pytest.raises(Unreachable, match=r"no-such-host.invalid"):
        c8y.get("/x")
    assert len(attempts) == 1


def test_proxies_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(answer(b'{"a":1}')) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with CumulocityClient("http://tenant.example", "t1", BasicAuth("admin", "secret")) as c8y:
            assert c8y.get("/x") == {"a": 1}
        assert proxy.requests[0].startswith(b"GET http://tenant.example/x HTTP/1.1")


def test_netrc_does_not_replace_the_given_credentials(
    connector: Connector, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login evil password evil\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with Server(answer()) as server:
        client(server, connector).get("/x")
    expected = BasicAuth("t1/admin", "secret").build_auth_header().lower()
    assert f"authorization: {expected}".encode() in server.requests[0].lower()
