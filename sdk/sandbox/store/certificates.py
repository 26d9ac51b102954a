"""Certificates: reading them, proof that their keys are held, chains, and what an authority signs."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sdk.sandbox.call import Json, invalid
from sdk.sandbox.times import stamp

UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm)
CODE_VALIDITY, CLOCKS_DIFFER = timedelta(hours=1), timedelta(minutes=1)
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


def read(pem: object) -> x509.Certificate:
    """The certificate of a PEM text, with or without its first and last line; 422 if it is none."""
    if not isinstance(pem, str) or not pem.strip():
        raise invalid("'certInPemFormat' is required.")
    try:
        return x509.load_pem_x509_certificate(framed(pem).encode())
    except UNREADABLE as error:
        raise invalid("The certificate cannot be read.") from error


def framed(pem: str) -> str:
    """A PEM text with its first and last line, which some leave out."""
    framing = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"
    return pem if "-----BEGIN" in pem else framing.format(pem)


def chain_of(text: str) -> list[x509.Certificate]:
    """The certificates of a PEM text, in which blanks may stand for line ends; ValueError if one is none."""
    return [
        x509.load_der_x509_certificate(base64.b64decode("".join(it.split()))) for it in _PEM.findall(text)
    ]


def common_name(name: x509.Name) -> str:
    """The common name (CN); empty if there is none."""
    return next((str(part.value) for part in name.get_attributes_for_oid(NameOID.COMMON_NAME)), "")


def request_of(data: bytes) -> x509.CertificateSigningRequest:
    """A signing request (PKCS#10): PEM, DER, or DER in base64; ValueError if it is none."""
    if data.lstrip().startswith(b"-----"):
        return x509.load_pem_x509_csr(data)
    if data[:1] == b"\x30":  # how DER begins; in base64 it begins with an M
        return x509.load_der_x509_csr(data)
    return x509.load_der_x509_csr(base64.b64decode(b"".join(data.split()), validate=True))


def wants_authority(request: x509.CertificateSigningRequest) -> bool:
    """Whether the certificate that is asked for could sign others."""
    try:
        return request.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA1()).hex()  # noqa: S303 - the platform's own choice


def described(certificate: x509.Certificate) -> Json:
    """What the platform tells of a certificate; 422 if one of its parts cannot be read."""
    try:
        return {
            "fingerprint": fingerprint(certificate),
            "algorithmName": certificate.signature_algorithm_oid._name,
            "issuer": certificate.issuer.rfc4514_string(),
            "subject": certificate.subject.rfc4514_string(),
            "serialNumber": str(certificate.serial_number),
            "notBefore": stamp(certificate.not_valid_before_utc),
            "notAfter": stamp(certificate.not_valid_after_utc),
            "version": certificate.version.value + 1,
            "certInPemFormat": certificate.public_bytes(serialization.Encoding.PEM).decode(),
        }
    except UNREADABLE as error:
        raise invalid("The certificate cannot be read.") from error


def has_signed(certificate: x509.Certificate, signed: str, code: str) -> bool:
    """Whether `signed` (base64) is the signature of `code` by the key of the certificate (SHA-256)."""
    try:
        signature, key = base64.b64decode(signed, validate=True), certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, code.encode(), padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, code.encode(), ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except (InvalidSignature, binascii.Error, *UNREADABLE):
        return False
    return True


def trusted_issuer(
    chain: Sequence[x509.Certificate], trusted: Iterable[x509.Certificate]
) -> x509.Certificate | None:
    """The trusted certificate that a chain (device first) leads to; None if it leads to none."""
    anchors = list(trusted)
    for position, certificate in enumerate(chain):
        for anchor in anchors:
            if certificate == anchor or _issued(certificate, anchor):
                return anchor
        following = chain[position + 1 : position + 2]
        if not following or not _issued(certificate, following[0]):
            return None
    return None


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def is_valid_now(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc


@dataclass(slots=True)
class Authority:
    """The key pair that a tenant signs its revocation list and its devices' certificates with."""

    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    @classmethod
    def new(cls, name: str) -> Authority:
        named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return cls(ec.generate_private_key(ec.SECP256R1()), named)

    def certificate(self, validity: timedelta) -> x509.Certificate:
        """A certificate of itself, signed by itself."""
        start = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(self.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + validity)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def issue(self, request: x509.CertificateSigningRequest, validity: timedelta) -> x509.Certificate:
        """The certificate of a device that asks for it."""
        start = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(request.subject)
            .issuer_name(self.name)
            .public_key(request.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start - CLOCKS_DIFFER)
            .not_valid_after(start + validity)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def revocation_list(self, revoked: dict[int, datetime]) -> bytes:
        """The signed list (DER) of revoked serial numbers with their times."""
        start = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.name)
        builder = builder.last_update(start).next_update(start + timedelta(days=1))
        for serial, at in revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
