"""Trusted certificates of a tenant, and the proof that their keys are held."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from sdk.sandbox import times
from sdk.sandbox.api.tenants import fetch_tenant
from sdk.sandbox.call import Answer, Call, Json, Routes, duplicate, forbidden, invalid, not_found
from sdk.sandbox.files import bad_request
from sdk.sandbox.paging import collection
from sdk.sandbox.store.certificates import CODE_VALIDITY, Authority, described, has_signed, read
from sdk.sandbox.store.tenant import Tenant

routes = Routes("tenant")

TRUSTED = "/tenant/tenants/{tenantId}/trusted-certificates"
CERTIFICATE = f"{TRUSTED}/{{fingerprint}}"
PROOF = "/tenant/tenants/{tenantId}/trusted-certificates-pop/{fingerprint}"
AUTHORITY = "/certificate-authority"
ADMIN = ("ROLE_TENANT_MANAGEMENT_ADMIN", "ROLE_TENANT_ADMIN")
READ = (*ADMIN, "ROLE_TENANT_MANAGEMENT_READ")
STATUSES = ("ENABLED", "DISABLED")
AUTHORITY_VALIDITY, RENEWABLE = timedelta(days=3 * 365), timedelta(days=548)


def _own(call: Call) -> Tenant:
    if call.path["tenantId"] not in call.sandbox.tenants:
        raise not_found(f"Tenant '{call.path['tenantId']}' was not found.")
    if call.path["tenantId"] != call.tenant.name:
        raise forbidden()
    return call.tenant


def _own_or_management(call: Call) -> Tenant:
    if call.path["tenantId"] != call.tenant.name and call.tenant.name != "management":
        raise forbidden()
    return fetch_tenant(call, own=True)


def _find(call: Call, tenant: Tenant) -> Json:
    found = tenant.certificates.get(call.path["fingerprint"].lower())
    if found is None:
        raise not_found(f"Certificate '{call.path['fingerprint']}' was not found.")
    return found


def _render(call: Call, tenant: Tenant, found: Json) -> Json:
    own = call.link("tenant", "tenants", tenant.name, "trusted-certificates", found["fingerprint"])
    return found | {"self": own}


@routes.get(TRUSTED, roles=READ, produces="application/json")
def list_certificates(call: Call) -> Answer:
    tenant, authority = _own(call), call.flag("certificateAuthority")
    everything = tenant.certificates.values()
    found = [it for it in everything if it["tenantCertificateAuthority"] or not authority]
    return collection(call, "certificates", found, lambda it: _render(call, tenant, it))


@routes.post(TRUSTED, roles=ADMIN, consumes=("application/json",), produces="application/json")
def add_certificate(call: Call) -> Answer:
    tenant, trusted = _own(call), call.flag("addToTrustStore", default=True)
    made = _checked_new(call.json)
    _check_new(tenant, [made])
    if not trusted:
        made["status"] = "DISABLED"
    _store(call, tenant, made)
    shown = _render(call, tenant, made)
    return Answer(shown, 201, headers=[("Location", shown["self"])])


@routes.post(f"{TRUSTED}/bulk", roles=ADMIN, consumes=("application/json",), produces="application/json")
def add_certificates(call: Call) -> Answer:
    """All of them, or none."""
    tenant, bodies = _own(call), call.json.get("certificates")
    if not isinstance(bodies, list) or not all(isinstance(body, dict) for body in bodies):
        raise invalid("'certificates' is required: a list of certificates.")
    made = [_checked_new(body) for body in bodies]
    _check_new(tenant, made)
    for certificate in made:
        _store(call, tenant, certificate)
    return Answer({"certificates": [_render(call, tenant, certificate) for certificate in made]}, 201)


def _checked_new(body: Json) -> Json:
    content = described(read(body.get("certInPemFormat"))) | _checked(body)
    if "status" not in content:
        raise invalid(f"'status' is required: one of {', '.join(STATUSES)}.")
    defaults = {"autoRegistrationEnabled": False, "name": content["subject"]}
    return defaults | content | {"proofOfPossessionValid": False, "tenantCertificateAuthority": False}


def _checked(body: Json) -> Json:
    content: Json = {key: body[key] for key in ("name", "status", "autoRegistrationEnabled") if key in body}
    if not isinstance(content.get("name", "x"), str):
        raise invalid("'name' must be a text.")
    if content.get("status", STATUSES[0]) not in STATUSES:
        raise invalid(f"'status' is one of {', '.join(STATUSES)}.")
    if not isinstance(content.get("autoRegistrationEnabled", True), bool):
        raise invalid("'autoRegistrationEnabled' must be true or false.")
    return content


def _check_new(tenant: Tenant, made: list[Json]) -> None:
    known = set(tenant.certificates)
    for certificate in made:
        if certificate["fingerprint"] in known:
            raise duplicate(f"The certificate '{certificate['fingerprint']}' exists already.")
        known.add(certificate["fingerprint"])


def _store(call: Call, tenant: Tenant, made: Json) -> None:
    tenant.certificates[made["fingerprint"]] = made
    _audit(call, tenant, made, "added")


def _audit(call: Call, tenant: Tenant, certificate: Json, what: str) -> None:
    text, source = f"Trusted certificate '{certificate['name']}' {what}", certificate["fingerprint"]
    tenant.audit("TrustedCertificates", f"Trusted certificate {what}", text, source, call.caller.name)


@routes.get(CERTIFICATE, roles=READ, produces="application/json", wide=True)
def get_certificate(call: Call) -> Answer:
    tenant = _own_or_management(call)
    return Answer(_render(call, tenant, _find(call, tenant)))


@routes.put(CERTIFICATE, roles=ADMIN, consumes=("application/json",), produces="application/json", wide=True)
def update_certificate(call: Call) -> Answer:
    tenant = _own_or_management(call)
    found = _find(call, tenant)
    found |= _checked(call.json)
    _audit(call, tenant, found, "updated")
    return Answer(_render(call, tenant, found))


@routes.delete(CERTIFICATE, roles=ADMIN, wide=True)
def delete_certificate(call: Call) -> Answer:
    tenant = _own_or_management(call)
    found = _find(call, tenant)
    del tenant.certificates[found["fingerprint"]]
    if found["tenantCertificateAuthority"]:
        tenant.authority = None
    _audit(call, tenant, found, "deleted")
    return Answer(status=204)


@routes.post(f"{PROOF}/verification-code", roles=ADMIN, produces="application/json")
def create_code(call: Call) -> Answer:
    tenant = _own(call)
    found = _find(call, tenant)
    until = times.stamp(datetime.now(UTC) + CODE_VALIDITY)
    found |= {
        "proofOfPossessionUnsignedVerificationCode": secrets.token_hex(16),
        "proofOfPossessionVerificationCodeUsableUntil": until,
    }
    return Answer(_render(call, tenant, found))


@routes.post(f"{PROOF}/pop", roles=ADMIN, consumes=("application/json",), produces="application/json")
def prove(call: Call) -> Answer:
    tenant = _own(call)
    found, signed = _find(call, tenant), call.json.get("proofOfPossessionSignedVerificationCode")
    if not isinstance(signed, str):
        raise bad_request("'proofOfPossessionSignedVerificationCode' is required.")
    code = found.get("proofOfPossessionUnsignedVerificationCode")
    if code is None or found["proofOfPossessionVerificationCodeUsableUntil"] < times.now():
        raise invalid("There is no usable verification code; ask for one first.")
    if not has_signed(read(found["certInPemFormat"]), signed, code):
        raise bad_request("The signed verification code is not correct.")
    found["proofOfPossessionValid"] = True
    _audit(call, tenant, found, "proved")
    return Answer(_render(call, tenant, found))


@routes.post(f"{PROOF}/confirmed", roles=ADMIN, produces="application/json", wide=True)
def confirm(call: Call) -> Answer:
    if call.tenant.name != "management":
        raise forbidden("Only the management tenant confirms certificates.")
    tenant = fetch_tenant(call)
    found = _find(call, tenant)
    found["proofOfPossessionValid"] = True
    _audit(call, tenant, found, "confirmed")
    return Answer(_render(call, tenant, found))


@routes.post(AUTHORITY, roles=ADMIN, produces="application/json")
def create_authority(call: Call) -> Answer:
    if call.tenant.authority is not None:
        raise duplicate("The tenant has a certificate authority already.")
    call.tenant.authority = Authority.new(call.tenant.name)
    return _certified(call, call.tenant.authority)


def _certified(call: Call, authority: Authority) -> Answer:
    made = described(authority.certificate(AUTHORITY_VALIDITY))
    made |= {"name": call.tenant.name, "status": "ENABLED", "autoRegistrationEnabled": True}
    made |= {"proofOfPossessionValid": True, "tenantCertificateAuthority": True}
    _store(call, call.tenant, made)
    return Answer(_render(call, call.tenant, made), 201)


@routes.post(f"{AUTHORITY}/renew", roles=ADMIN, produces="application/json")
def renew_authority(call: Call) -> Answer:
    """Renews with the same keys, in the last months only."""
    authority, stored = call.tenant.authority, call.tenant.certificates
    old = next((found for found in stored.values() if found["tenantCertificateAuthority"]), None)
    if authority is None or old is None:
        raise not_found("The tenant has no certificate authority.")
    if times.moment(old["notAfter"]) - datetime.now(UTC) > RENEWABLE:
        raise invalid("The certificate authority is valid for more than 18 months; it cannot be renewed yet.")
    del stored[old["fingerprint"]]
    return _certified(call, authority)
