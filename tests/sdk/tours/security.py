"""Certificates by which devices may connect."""

from __future__ import annotations

import base64
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

import sdk
from tests.sandbox.certified import signing_request
from tests.sdk.tours.guide import Guide

KEY = ec.generate_private_key(ec.SECP256R1())


def pem(name: str) -> str:
    """A certificate that signs itself."""
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(named).issuer_name(named).public_key(KEY.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(start).not_valid_after(start + timedelta(days=9))
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def certificates(guide: Guide) -> None:
    every = guide.c8y.trusted_certificates
    text = pem("one")
    one = sdk.TrustedCertificate(guide.c8y, name="one", cert_in_pem_format=text).create()
    [two] = every.create(sdk.TrustedCertificate(name="two", cert_in_pem_format=pem("two")))
    [three] = every.create_bulk(sdk.TrustedCertificate(name="three", cert_in_pem_format=pem("three")))
    one.name = "uno"
    one.update()
    two.name = "due"
    every.update(two)
    every.apply_to({"name": "tre"}, str(three.fingerprint))
    assert (one.reload().name, every.get(str(two.fingerprint)).name) == ("uno", "due")
    assert {found.name for found in every.get_all()} == {"uno", "due", "tre"}
    assert len(list(every.select(limit=None))) == every.get_count() == 3
    proven(guide, str(one.fingerprint))
    assert every.verify_chain(io.BytesIO(text.encode()))
    one.delete()
    every.delete(two, str(three.fingerprint))
    authorized(guide)


def authorized(guide: Guide) -> None:
    every = guide.c8y.trusted_certificates
    authority = every.create_certificate_authority()
    enrolled(guide)
    # It is renewed when its end is near.
    end = authority.not_after_datetime or datetime.now(UTC)
    with time_machine.travel(end - timedelta(days=30)):
        every.renew_certificate_authority()
    assert getattr(every.get_certificate_authority(), "is_certificate_authority", None) is True
    every.revoke("AB12")
    assert every.get_revocation_list()
    assert "AB12" in every.get_revoked()


def proven(guide: Guide, fingerprint: str) -> None:
    every = guide.c8y.trusted_certificates
    code = str(every.generate_pop_challenge(fingerprint).verification_code)
    signature = base64.b64encode(KEY.sign(code.encode(), ec.ECDSA(hashes.SHA256()))).decode()
    assert every.provide_pop_verification(fingerprint, signature).proof_of_possession_valid
    other = every.create(sdk.TrustedCertificate(name="four", cert_in_pem_format=pem("four")))[0]
    guide.connect(tenant="management", auth=guide.management.auth)
    every.generate_pop_challenge(str(other.fingerprint))
    confirming = guide.management
    confirming.tenant_id = "acme"
    confirming.trusted_certificates.confirm_pop(str(other.fingerprint))


def enrolled(guide: Guide) -> None:
    guide.c8y.device_requests.request("tour", enrollment_token="once")
    device = guide.connect(auth=sdk.BasicAuth("acme/tour", "once")).device_certificates
    request = signing_request(KEY, "tour")
    assert device.enroll(request)
    with pytest.raises(sdk.Refused):
        device.reenroll(request)  # the one-time password is used up
