"""Which chains of certificates a tenant trusts, and which of its devices sign in by one."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509

from sdk.sandbox.store.certificates import is_valid_now, read, trusted_issuer
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.store.users import add_device_user
from sdk.sandbox.tokens import unauthorized


def anchors(tenant: Tenant) -> list[x509.Certificate]:
    """The certificates that the tenant trusts: enabled, and with the proof that their key is held."""
    stored = tenant.certificates.values()
    return [
        read(found["certInPemFormat"])
        for found in stored
        if found["status"] == "ENABLED" and found["proofOfPossessionValid"]
    ]


def checked_issuer(tenant: Tenant, chain: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """The trusted certificate that a chain (device first) leads to, None if to none of the tenant's.

    401 if one of the chain is revoked, where the tenant looks after that, or not valid now.
    """
    issuer = trusted_issuer(chain, anchors(tenant))
    if issuer is None:
        return None
    watched = tenant.option("configuration", "crl.offline.check.enabled") == "true"
    if watched and any(certificate.serial_number in tenant.revoked for certificate in chain):
        raise unauthorized("A certificate of the chain is revoked.")
    if not all(is_valid_now(certificate) for certificate in chain):
        raise unauthorized("A certificate of the chain is not valid now.")
    return issuer


def certify(tenant: Tenant, user: str) -> None:
    """Let a device's user sign in by certificate; one that is new gets no password."""
    if user not in tenant.users:
        add_device_user(tenant, user)
    tenant.certified.add(user)
