"""TLS: trusted only with a certificate that is."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sdk import CumulocityClient, Unreachable
from sdk.rest import tls
from tests.sdk.server import Server, answer


def certificate(folder: Path, address: str) -> Path:
    """A certificate for an IP address with its key in one file, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tenant")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{address}.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def fresh_trust() -> Iterator[None]:
    """The process reads its trusted certificates anew, and once more afterwards."""
    tls.context.cache_clear()
    yield
    tls.context.cache_clear()


def serving(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.mark.usefixtures("fresh_trust")
@pytest.mark.parametrize("stock", [False, True], ids=["own", "stock"])
def test_a_trusted_certificate_is_accepted_and_its_connection_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stock: bool
) -> None:
    file = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with Server(answer(b'{"a":1}'), tls=serving(file)) as server:
        with CumulocityClient(server.url, "t1", None, stock_adapter=stock) as c8y:
            assert [c8y.get("/x") for _ in range(3)] == [{"a": 1}] * 3
        assert server.connections == 1


@pytest.mark.usefixtures("fresh_trust")
@pytest.mark.parametrize("stock", [False, True], ids=["own", "stock"])
@pytest.mark.parametrize("trusted", [False, True], ids=["unknown issuer", "another address"])
def test_any_other_certificate_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool, stock: bool
) -> None:
    file = certificate(tmp_path, "127.0.0.2")
    if trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    attempts: list[object] = []
    with Server(answer(), tls=serving(file)) as server:
        c8y = CumulocityClient(server.url, "t1", None, on_request=attempts.append, stock_adapter=stock)
        with c8y, pytest.raises(Unreachable, match="trusted"):
            c8y.get("/x")
        assert not server.requests
    assert len(attempts) == 1
