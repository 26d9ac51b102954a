"""Keys, signing requests and certificates for tests."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certify(key: Key, name: str, by: Key | None = None, issuer: str = "", days: int = 10) -> x509.Certificate:
    """A certificate that began five days ago, signed by itself unless `by` and `issuer` say otherwise."""
    start = datetime.now(UTC) - timedelta(days=5)
    builder = x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(issuer or name))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(start).not_valid_after(start + timedelta(days=days))
    return builder.sign(by or key, hashes.SHA256())


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def in_header(*chain: x509.Certificate) -> str:
    """A chain as a header holds it: blanks in the place of line ends."""
    return " ".join("".join(map(pem, chain)).split("\n"))


def signing_request(key: Key, name: str, *, authority: bool = False) -> bytes:
    """PKCS#10 in base64, as EST sends it."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(named(name))
    if authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return base64.encodebytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))


def issued(content: bytes) -> x509.Certificate:
    """The one certificate of an answer of EST (PKCS#7 in base64)."""
    [certificate] = pkcs7.load_der_pkcs7_certificates(base64.b64decode(content))
    return certificate


def in_files(folder: Path, certificate: x509.Certificate, key: Key) -> tuple[str, str]:
    """Certificate and key as `requests` takes them for mutual TLS."""
    files = folder / f"{certificate.serial_number}.pem", folder / f"{certificate.serial_number}.key"
    files[0].write_text(pem(certificate))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(files[0]), str(files[1])
