"""Trusted certificates: uploaded, proven, revoked."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sdk import BulkError, CertificateStatus, CumulocityClient, TrustedCertificate
from tests.sdk.server import Server, Serving, answer, body_of, lines

CERTIFICATE = {
    "fingerprint": "ab:12",
    "name": "factory",
    "status": "ENABLED",
    "issuer": "CN=x",
    "notAfter": "2030-01-01T00:00:00Z",
    "proofOfPossessionUnsignedVerificationCode": "sign-me",
    "proofOfPossessionValid": False,
}
PLACE = "/tenant/tenants/t1/trusted-certificates"


def test_certificates_are_uploaded_changed_and_deleted(serving: Serving) -> None:
    server, c8y = serving(CERTIFICATE)
    made = TrustedCertificate(c8y, name="factory", cert_in_pem_format="PEM", auto_registration_enabled=True)
    certificate = made.create()
    assert (certificate.fingerprint, certificate.status) == ("ab:12", CertificateStatus.ENABLED)
    assert certificate.not_after_datetime == dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    certificate.status = CertificateStatus.DISABLED
    certificate.update()
    c8y.trusted_certificates.create(made, add_to_trust_store=False)
    c8y.trusted_certificates.apply_to({"name": "x"}, "ab:12")
    c8y.trusted_certificates.get("ab:12")
    c8y.trusted_certificates.delete(certificate, "cd:34")
    assert lines(server) == [
        f"POST {PLACE}",
        f"PUT {PLACE}/ab%3A12",
        f"POST {PLACE}?addToTrustStore=false",
        f"PUT {PLACE}/ab%3A12",
        f"GET {PLACE}/ab%3A12",
        f"DELETE {PLACE}/ab%3A12",
        f"DELETE {PLACE}/cd%3A34",
    ]
    assert b"content-type: application/json\r\n" in server.requests[0].lower()
    assert body_of(server.requests[1]) == {"status": "DISABLED"}


def test_certificates_are_listed_and_uploaded_together(serving: Serving) -> None:
    page = {"certificates": [CERTIFICATE]}
    server, c8y = serving(page)
    assert [one.name for one in c8y.trusted_certificates.get_all()] == ["factory"]
    authority = c8y.trusted_certificates.get_certificate_authority()
    assert authority is not None
    assert "certificateAuthority=true" in lines(server)[-1]
    one = TrustedCertificate(cert_in_pem_format="PEM")
    assert len(c8y.trusted_certificates.create_bulk(one, one, add_to_trust_store=True)) == 1
    assert lines(server)[-1] == f"POST {PLACE}/bulk?addToTrustStore=true"
    assert len(body_of(server.requests[-1])["certificates"]) == 2


def test_a_private_key_never_leaves(serving: Serving) -> None:
    server, c8y = serving({})
    wrong = TrustedCertificate(cert_in_pem_format="-----BEGIN PRIVATE KEY-----")
    with pytest.raises(ValueError, match="private key"):
        c8y.trusted_certificates.create(wrong)
    with pytest.raises(ValueError, match="private key"):
        c8y.trusted_certificates.create_bulk(wrong)
    with pytest.raises(BulkError, match="needs certInPemFormat"):
        c8y.trusted_certificates.create(TrustedCertificate(), TrustedCertificate())
    with pytest.raises(ValueError, match="fingerprint"):
        TrustedCertificate(c8y, name="x").delete()
    assert server.requests == []


def test_the_possession_of_the_private_key_is_proven(serving: Serving) -> None:
    server, c8y = serving(CERTIFICATE)
    assert c8y.trusted_certificates.generate_pop_challenge("ab").verification_code == "sign-me"
    c8y.trusted_certificates.provide_pop_verification("ab", "signature")
    c8y.trusted_certificates.confirm_pop("ab")
    assert c8y.trusted_certificates.create_certificate_authority().name == "factory"
    c8y.trusted_certificates.renew_certificate_authority()
    assert lines(server) == [
        f"POST {PLACE}-pop/ab/verification-code",
        f"POST {PLACE}-pop/ab/pop",
        f"POST {PLACE}-pop/ab/confirmed",
        "POST /certificate-authority",
        "POST /certificate-authority/renew",
    ]
    assert body_of(server.requests[1]) == {"proofOfPossessionSignedVerificationCode": "signature"}


def revocation_list() -> x509.CertificateRevocationList:
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    gone = x509.RevokedCertificateBuilder().serial_number(0xAB12).revocation_date(moment).build()
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")]),
        last_update=moment,
        next_update=moment + dt.timedelta(days=1),
    )
    return builder.add_revoked_certificate(gone).sign(
        ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()
    )


@pytest.mark.parametrize("encoding", [serialization.Encoding.DER, serialization.Encoding.PEM])
def test_what_is_revoked_is_read_from_the_list(encoding: serialization.Encoding) -> None:
    content = revocation_list().public_bytes(encoding)
    with (
        Server(answer(content), answer(b"")) as server,
        CumulocityClient(server.url, "t1", None) as c8y,
    ):
        assert c8y.trusted_certificates.get_revoked() == {"AB12": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}
        assert c8y.trusted_certificates.get_revoked() == {}
    assert b"accept: application/pkix-crl" in server.requests[0].lower()


def test_certificates_are_revoked_by_number_or_list(serving: Serving, tmp_path: Path) -> None:
    server, c8y = serving({})
    c8y.trusted_certificates.revoke("AB:12", "cd34", at="2026-01-01T00:00:00Z")
    assert body_of(server.requests[0])["crls"] == [
        {"serialNumberInHex": "AB12", "revocationDate": "2026-01-01T00:00:00Z"},
        {"serialNumberInHex": "cd34", "revocationDate": "2026-01-01T00:00:00Z"},
    ]
    c8y.trusted_certificates.revoke_by_file(io.BytesIO(b"list"))
    assert lines(server) == ["PUT /tenant/trusted-certificates/settings/crl"] * 2
    assert b'name="file"; filename="file"' in server.requests[1]
    for wrong in ([], ["xyz"], ["1"] * 5001):
        with pytest.raises(ValueError, match=r"revoked|hexadecimal"):
            c8y.trusted_certificates.revoke(*wrong)
    assert len(server.requests) == 2
