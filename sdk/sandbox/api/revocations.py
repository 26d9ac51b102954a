"""Trusted certificates: the check of a chain, and the list of those that were revoked."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography import x509

from sdk.sandbox import times
from sdk.sandbox.api.certificates import ADMIN, READ
from sdk.sandbox.call import Answer, Call, Json, Refusal, Routes, forbidden, not_found
from sdk.sandbox.files import bad_request, part, parts_of
from sdk.sandbox.store.certificates import UNREADABLE, Authority, chain_of, framed
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.store.trust import checked_issuer
from sdk.sandbox.tokens import unauthorized

routes = Routes("tenant")

LIST = "/tenant/trusted-certificates/settings/crl"
VERIFY = "/tenant/trusted-certificates/verify-cert-chain"
VERIFY_ROLES = ("ROLE_TENANT_MANAGEMENT_ADMIN", "ROLE_TENANT_MANAGEMENT_READ")
MOST_REVOKED, LONGEST_CHAIN, LONGEST_IN_HEADER = 5000, 10, 5
FIRST_YEAR = 1950
"""No list can tell of earlier dates."""
_HEX = re.compile(r"[0-9A-Fa-f]{1,40}")


@routes.get(LIST, roles=READ, produces="application/pkix-crl")
def get_list(call: Call) -> Answer:
    signer = call.tenant.authority or Authority.new(call.tenant.name)
    return Answer(signer.revocation_list(call.tenant.revoked), media="application/pkix-crl")


@routes.put(LIST, roles=ADMIN, consumes=("application/json", "multipart/form-data"))
def add_revoked(call: Call) -> Answer:
    """Of duplicates, a JSON body leaves the entry that is there, and a file replaces it."""
    of_file = call.content_type == "multipart/form-data"
    entries = list(_from_file(call) if of_file else _from_json(call))
    if len(entries) > MOST_REVOKED:
        raise bad_request(f"At most {MOST_REVOKED} entries can be sent at once.")
    now = datetime.now(UTC)
    for serial, at in entries:
        if of_file and at > now:
            continue
        if of_file or serial not in call.tenant.revoked:
            call.tenant.revoked[serial] = min(at, now)
    return Answer(status=204)


def _from_json(call: Call) -> Iterator[tuple[int, datetime]]:
    entries = call.json.get("crls")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise bad_request("'crls' is required: a list of objects with serialNumberInHex.")
    for entry in entries:
        yield _entry(entry.get("serialNumberInHex"), entry.get("revocationDate"))


def _from_file(call: Call) -> Iterator[tuple[int, datetime]]:
    """The rows of a CSV file: serial number and date, after a header."""
    text = part(parts_of(call), "file").content.decode("utf-8-sig", errors="replace")
    lines = [line for line in text.replace("\0", "").splitlines() if line.strip()]
    try:
        rows = list(csv.reader(lines[1:]))
    except csv.Error as error:
        raise bad_request("The file cannot be read as CSV.") from error
    for row in rows:
        cells = [cell.strip() for cell in row]
        yield _entry(cells[0] if cells else "", cells[1] if len(cells) > 1 and cells[1] else None)


def _entry(serial: object, date: object) -> tuple[int, datetime]:
    if not isinstance(serial, str) or not _HEX.fullmatch(serial) or not 0 < int(serial, 16) < 1 << 159:
        raise bad_request("'serialNumberInHex' is required: a hexadecimal number of at most 159 bits.")
    if date is None:
        return int(serial, 16), datetime.now(UTC)
    try:
        at = times.moment(times.normal(str(date), "revocationDate"))
    except Refusal as refusal:
        raise bad_request(refusal.message) from refusal
    if at.year < FIRST_YEAR:
        raise bad_request(f"A revocation date lies after {FIRST_YEAR}.")
    return int(serial, 16), at


@routes.post(
    VERIFY, roles=VERIFY_ROLES, consumes=("multipart/form-data",), produces="application/json", wide=True
)
def verify_chain(call: Call) -> Answer:
    """A file goes before the header; without a tenant's name the chain tells it."""
    parts = parts_of(call) if call.content_type == "multipart/form-data" else {}
    chain = _chain(call, part(parts, "file").content.decode(errors="replace") if "file" in parts else "")
    named = parts["tenantId"].content.decode(errors="replace") if "tenantId" in parts else ""
    for tenant in _candidates(call, named):
        issuer = checked_issuer(tenant, chain)
        if issuer is not None:
            return Answer(_verified(tenant, chain[0], issuer))
    raise unauthorized("The certificate chain leads to no trusted certificate.")


def _chain(call: Call, text: str) -> list[x509.Certificate]:
    header = call.headers.get("x-cumulocity-client-cert-chain", "")
    most = LONGEST_CHAIN if "-----BEGIN" in text else LONGEST_IN_HEADER
    try:
        chain = chain_of(text if most == LONGEST_CHAIN else "".join(map(framed, header.split(","))))
    except UNREADABLE as error:
        raise bad_request("The certificate chain cannot be read.") from error
    if not 0 < len(chain) <= most:
        raise bad_request(f"The certificate chain must have 1 to {most} certificates.")
    return chain


def _candidates(call: Call, named: str) -> list[Tenant]:
    tenants = call.sandbox.tenants
    if not named:
        return list(tenants.values()) if call.tenant.name == "management" else [call.tenant]
    if named not in tenants:
        raise not_found(f"Tenant '{named}' was not found.")
    if named != call.tenant.name and call.tenant.name != "management":
        raise forbidden()
    return [tenants[named]]


def _verified(tenant: Tenant, device: x509.Certificate, issuer: x509.Certificate) -> Json:
    names = {"issuer": issuer.subject.rfc4514_string(), "subject": device.subject.rfc4514_string()}
    return {"successfullyValidated": True, "tenantId": tenant.name} | names
