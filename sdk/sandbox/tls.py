"""TLS for the port on which devices show their certificates."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from cryptography.x509.oid import NameOID

from sdk.sandbox.platform import Sandbox
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.store.trust import anchors

VALIDITY = timedelta(days=30)
HANDSHAKE_SECONDS = 10


class Tls:
    """The server's side of TLS. Clients are asked for a certificate, of which a tenant must trust the issuer;
    without one they may call all but the one operation that needs it.

    `certificate` (PEM) is the server's own, made anew at each start: clients are told to trust it.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-tls-")
        self._file = Path(self._folder.name, "server.pem")
        key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = _own_certificate(key, sorted(sandbox.tenants))
        kept = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, serialization.NoEncryption())
        self._file.write_bytes(self.certificate.encode() + kept)

    def wrap(self, connection: socket.socket) -> ssl.SSLSocket:
        """The connection over TLS, before its handshake."""
        connection.settimeout(HANDSHAKE_SECONDS)
        return self._context().wrap_socket(connection, server_side=True, do_handshake_on_connect=False)

    def _context(self) -> ssl.SSLContext:
        """What is trusted at this moment: nothing can be taken out of a context again."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._file)
        trusted = [found for tenant in list(self._sandbox.tenants.values()) for found in _anchors(tenant)]
        if trusted:
            context.verify_mode = ssl.CERT_OPTIONAL
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            pems = {found.public_bytes(Encoding.PEM).decode() for found in trusted}
            context.load_verify_locations(cadata="".join(sorted(pems)))
        return context

    def close(self) -> None:
        self._folder.cleanup()


def _anchors(tenant: Tenant) -> list[x509.Certificate]:
    with tenant.lock:
        return anchors(tenant)


def _own_certificate(key: ec.EllipticCurvePrivateKey, tenants: list[str]) -> str:
    """A certificate of this machine, by the names that lead to each tenant."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
    hosts = ["localhost", *(f"{tenant}.localhost" for tenant in tenants)]
    own = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), *map(x509.DNSName, hosts)]
    start = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - timedelta(hours=1))
        .not_valid_after(start + VALIDITY)
        .add_extension(x509.SubjectAlternativeName(own), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()
