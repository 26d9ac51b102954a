"""Devices that get certificates from the tenant, and tokens for them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk import BasicAuth, BearerAuth, Connector, CumulocityClient, Invalid, Unauthorized
from sdk.sandbox import Sandbox
from sdk.sandbox.server import Server
from sdk.sandbox.tls import Tls
from tests.sandbox.certified import certify, in_files, issued, new_key, pem, signing_request


@pytest.fixture
def device(c8y: CumulocityClient, connect: Callable[..., CumulocityClient]) -> CumulocityClient:
    """A device that is expected with the one-time password "once"."""
    c8y.trusted_certificates.create_certificate_authority()
    c8y.device_requests.request("pump-1", enrollment_token="once")
    return connect(auth=BasicAuth("acme/pump-1", "once"))


def test_an_expected_device_gets_its_first_certificate_once(device: CumulocityClient) -> None:
    request = signing_request(new_key(), "pump-1")
    certificate = issued(device.device_certificates.enroll(request))
    assert certificate.subject.rfc4514_string() == "CN=pump-1"
    with pytest.raises(Unauthorized):
        device.device_certificates.enroll(request)


def test_a_wrong_password_or_name_gets_no_certificate(
    device: CumulocityClient, connect: Callable[..., CumulocityClient]
) -> None:
    other = connect(auth=BasicAuth("acme/pump-1", "twice")).device_certificates
    with pytest.raises(Unauthorized):
        other.enroll(signing_request(new_key(), "pump-1"))
    with pytest.raises(Invalid, match="common name"):
        device.device_certificates.enroll(signing_request(new_key(), "pump-2"))


@pytest.mark.parametrize("empty", [b"", "", " \n"])
def test_an_empty_request_is_not_sent(device: CumulocityClient, calls: list[str], empty: bytes | str) -> None:
    sent = len(calls)
    for verb in (device.device_certificates.enroll, device.device_certificates.reenroll):
        with pytest.raises(ValueError, match="empty"):
            verb(empty)
    assert len(calls) == sent


def test_what_is_no_request_is_refused_in_the_tenants_words(device: CumulocityClient) -> None:
    with pytest.raises(Invalid, match="signing request"):
        device.device_certificates.enroll("no request")


@pytest.fixture
def local_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that end with .localhost lead to this machine, also where its resolver does not know that."""
    real = socket.getaddrinfo

    def resolve(host: str, *rest: Any, **more: Any) -> Any:
        return real("127.0.0.1" if host.endswith(".localhost") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.mark.usefixtures("local_names")
@pytest.mark.parametrize("chained", [False, True], ids=["alone", "with its chain"])
def test_a_device_exchanges_its_certificate_for_a_token_by_mutual_tls(
    device: CumulocityClient, sandbox: Sandbox, tmp_path: Path, chained: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key()
    certificate = issued(device.device_certificates.enroll(signing_request(key, "pump-1")))
    with Server(sandbox, tls=Tls(sandbox)).start() as server:
        assert server.tls is not None
        (tmp_path / "ca.pem").write_text(server.tls.certificate)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        connector = Connector(certificate=in_files(tmp_path, certificate, key))
        address = server.base_url.replace("127.0.0.1", "acme.localhost")
        with CumulocityClient(address, "acme", None, connector_factory=lambda: connector) as door:
            token = door.device_certificates.get_access_token(pem(certificate) if chained else None)
        with CumulocityClient(address, "acme", BearerAuth(token), connector_factory=lambda: connector) as me:
            assert me.users.get_current().username == "device_pump-1"
            again = issued(me.device_certificates.reenroll(signing_request(key, "pump-1")))
        connector.close()
    assert again.serial_number != certificate.serial_number


def test_a_certificate_that_nobody_trusts_ends_the_connection(
    device: CumulocityClient, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key()
    with Server(sandbox, tls=Tls(sandbox)).start() as server:
        assert server.tls is not None
        (tmp_path / "ca.pem").write_text(server.tls.certificate)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        connector = Connector(certificate=in_files(tmp_path, certify(key, "pump-1"), key))
        door = CumulocityClient(server.base_url, "acme", None, connector_factory=lambda: connector)
        with pytest.raises(ConnectionError):
            door.device_certificates.get_access_token()
        connector.close()
