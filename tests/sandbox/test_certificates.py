"""Trusted certificates, the proof of possession, chains and revocations."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.certified import Key, certify, pem
from tests.sandbox.doors import Door

TRUSTED = "/tenant/tenants/acme/trusted-certificates"
CRL = "/tenant/trusted-certificates/settings/crl"
VERIFY = "/tenant/trusted-certificates/verify-cert-chain"


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def root(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return certify(key, "Root")


def add(door: Door, certificate: x509.Certificate, **more: Any) -> Any:
    body = {"certInPemFormat": pem(certificate), "name": "Pumps", "status": "ENABLED"} | more
    return door.post(TRUSTED, "application/json", body)


def test_the_life_of_a_certificate(checked: Door, root: x509.Certificate) -> None:
    made = add(checked, root)
    body = made.json()
    assert made.status_code == 201
    assert body["fingerprint"] == root.fingerprint(hashes.SHA1()).hex()  # noqa: S303
    assert (body["subject"], body["version"], body["proofOfPossessionValid"]) == ("CN=Root", 3, False)
    path = f"{TRUSTED}/{body['fingerprint']}"
    assert add(checked, root).status_code == 409
    assert checked.put(path, "application/json", {"status": "DISABLED"}).json()["status"] == "DISABLED"
    listed = checked.get(f"{TRUSTED}?withTotalElements=true").json()
    assert listed["statistics"]["totalElements"] == 1
    assert checked.delete(path).status_code == 204
    assert checked.get(path).status_code == 404


def test_wrong_certificates_are_refused_and_many_come_together_or_not_at_all(
    checked: Door, acme: Tenant, root: x509.Certificate
) -> None:
    for wrong in ({"certInPemFormat": "x"}, {"status": "MAYBE"}, {"certInPemFormat": 5}):
        assert add(checked, root, **wrong).status_code == 422
    good = {"certInPemFormat": pem(root), "status": "ENABLED"}
    bulk = f"{TRUSTED}/bulk"
    bad = {"certificates": [good, good | {"certInPemFormat": "x"}]}
    assert checked.post(bulk, "application/json", bad).status_code == 422
    assert checked.post(bulk, "application/json", {"certificates": [good, good]}).status_code == 409
    assert acme.certificates == {}
    assert checked.post(bulk, "application/json", {"certificates": [good]}).status_code == 201
    assert checked.get(TRUSTED.replace("acme", "globex")).status_code == 403


def signed(key: Key, code: str) -> dict[str, str]:
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(code.encode(), padding.PKCS1v15(), hashes.SHA256())
    else:
        signature = key.sign(code.encode(), ec.ECDSA(hashes.SHA256()))
    return {"proofOfPossessionSignedVerificationCode": base64.b64encode(signature).decode()}


@pytest.mark.fact("certificate.proof")
@pytest.mark.parametrize("kind", ["EC", "RSA"])
def test_who_holds_the_key_proves_it(checked: Door, key: ec.EllipticCurvePrivateKey, kind: str) -> None:
    holder = key if kind == "EC" else rsa.generate_private_key(65537, 2048)
    made = add(checked, certify(holder, "Pump")).json()["fingerprint"]
    proof = f"/tenant/tenants/acme/trusted-certificates-pop/{made}"
    assert checked.post(f"{proof}/pop", "application/json", signed(holder, "x")).status_code == 422
    code = checked.call("POST", f"{proof}/verification-code", headers={"Accept": "application/json"}).json()
    unsigned = code["proofOfPossessionUnsignedVerificationCode"]
    assert checked.post(f"{proof}/pop", "application/json", signed(holder, "wrong")).status_code == 400
    proved = checked.post(f"{proof}/pop", "application/json", signed(holder, unsigned))
    assert (proved.status_code, proved.json()["proofOfPossessionValid"]) == (200, True)


@pytest.mark.fact("certificate.proof")
def test_the_management_tenant_confirms(checked: Door, management: Door, root: x509.Certificate) -> None:
    made = add(checked, root).json()["fingerprint"]
    path = f"/tenant/tenants/acme/trusted-certificates-pop/{made}/confirmed"
    json = {"Accept": "application/json"}
    assert checked.call("POST", path, headers=json).status_code == 403
    assert management.call("POST", path, headers=json).json()["proofOfPossessionValid"] is True


def verify(door: Door, *chain: x509.Certificate, tenant: str = "acme") -> Any:
    """Both the file and the header; the description demands the header even beside a file."""
    text = "".join(pem(certificate) for certificate in chain)
    headers = {"Accept": "application/json", "X-Cumulocity-Client-Cert-Chain": "x"}
    parts = {"tenantId": (None, tenant), "file": ("chain.pem", text)}
    return door.call("POST", VERIFY, files=parts, headers=headers)


def test_a_chain_leads_to_a_trusted_certificate(
    checked: Door, acme: Tenant, key: ec.EllipticCurvePrivateKey, root: x509.Certificate
) -> None:
    between, device = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    middle = certify(between, "Middle", by=key, issuer="Root")
    leaf = certify(device, "device_1", by=between, issuer="Middle")
    add(checked, root)
    assert verify(checked, leaf, middle).status_code == 401
    acme.certificates[root.fingerprint(hashes.SHA1()).hex()]["proofOfPossessionValid"] = True  # noqa: S303
    body = verify(checked, leaf, middle).json()
    assert (body["successfullyValidated"], body["subject"], body["issuer"]) == (
        True,
        "CN=device_1",
        "CN=Root",
    )
    assert verify(checked, leaf).status_code == 401
    old = certify(device, "device_2", by=key, issuer="Root", days=1)
    assert verify(checked, old).status_code == 401
    assert verify(checked, leaf, middle, tenant="nowhere").status_code == 404
    assert verify(checked).status_code == 400
    revoked = {"crls": [{"serialNumberInHex": f"{leaf.serial_number:x}"}]}
    assert checked.put(CRL, "application/json", revoked).status_code == 204
    assert verify(checked, leaf, middle).status_code == 200
    acme.options["configuration", "crl.offline.check.enabled"] = {"value": "true", "editable": True}
    assert verify(checked, leaf, middle).status_code == 401


def test_a_chain_in_the_header(
    sandbox: Sandbox, admin: Door, key: ec.EllipticCurvePrivateKey, root: x509.Certificate
) -> None:
    add(admin, root)
    next(iter(sandbox.tenant("acme").certificates.values()))["proofOfPossessionValid"] = True
    leaf = certify(ec.generate_private_key(ec.SECP256R1()), "device_1", by=key, issuer="Root")
    header = pem(leaf).replace("\n", " ")
    answer = admin.post(VERIFY, "application/json", {}, headers={"X-Cumulocity-Client-Cert-Chain": header})
    assert answer.json()["subject"] == "CN=device_1"


def test_revoked_certificates_are_listed_and_stay_so(checked: Door, acme: Tenant) -> None:
    entries = {"crls": [{"serialNumberInHex": "1000", "revocationDate": "2023-01-11T16:12:36.288Z"}]}
    assert checked.put(CRL, "application/json", entries).status_code == 204
    file = "SERIAL NO.,REVOCATION DATE\nFf,\n1001,2099-01-01T00:00:00.000Z\n"
    assert checked.call("PUT", CRL, files={"file": ("crl.csv", file)}).status_code == 204
    answer = checked.get(CRL)
    assert answer.headers["Content-Type"] == "application/pkix-crl"
    listed = x509.load_der_x509_crl(answer.content)
    assert {entry.serial_number for entry in listed} == {4096, 255}
    before = dict(acme.revoked)
    good = {"serialNumberInHex": "77"}
    for wrong in ({"serialNumberInHex": "xyz"}, good | {"revocationDate": "soon"}, {}):
        assert checked.put(CRL, "application/json", {"crls": [good, wrong]}).status_code == 400
    assert acme.revoked == before


def test_a_tenant_has_one_certificate_authority(checked: Door, acme: Tenant) -> None:
    json = {"Accept": "application/json"}
    assert checked.call("POST", "/certificate-authority/renew", headers=json).status_code == 404
    made = checked.call("POST", "/certificate-authority", headers=json)
    assert (made.status_code, made.json()["tenantCertificateAuthority"]) == (201, True)
    assert checked.call("POST", "/certificate-authority", headers=json).status_code == 409
    assert checked.call("POST", "/certificate-authority/renew", headers=json).status_code == 422
    stored = acme.certificates[made.json()["fingerprint"]]
    stored["notAfter"] = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    assert checked.call("POST", "/certificate-authority/renew", headers=json).status_code == 201
    authorities = checked.get(f"{TRUSTED}?certificateAuthority=true").json()["certificates"]
    assert len(authorities) == 1
    assert checked.delete(f"{TRUSTED}/{authorities[0]['fingerprint']}").status_code == 204
    assert acme.authority is None
