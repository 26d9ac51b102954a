"""One trusted certificate: devices whose certificates it signed may connect."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Self

from sdk.model import fields
from sdk.model.entity import Entity
from sdk.model.tenants import own_path
from sdk.model.unchanging import complete
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient


class CertificateStatus(StrEnum):
    """Whether devices may connect by it."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


class TrustedCertificate(Entity):
    """One trusted certificate, known by its fingerprint.

    Args:
        name: what people call it.
        cert_in_pem_format: the certificate, without a private key.
        status: whether devices may connect by it.
        auto_registration_enabled: whether unknown devices register themselves by it.
    """

    __slots__ = ()
    _server_only = Entity._server_only | {
        "algorithmName",
        "fingerprint",
        "issuer",
        "notAfter",
        "notBefore",
        "proofOfPossessionUnsignedVerificationCode",
        "proofOfPossessionValid",
        "proofOfPossessionVerificationCodeUsableUntil",
        "serialNumber",
        "subject",
        "tenantCertificateAuthority",
        "version",
    }
    _fixed = frozenset({"certInPemFormat"})

    name = fields.text("name")
    status = fields.choice("status", CertificateStatus)
    cert_in_pem_format = fields.text("certInPemFormat")
    auto_registration_enabled = fields.flag("autoRegistrationEnabled")
    fingerprint = fields.text("fingerprint", readonly=True)
    issuer = fields.text("issuer", readonly=True)
    subject = fields.text("subject", readonly=True)
    serial_number = fields.text("serialNumber", readonly=True)
    algorithm_name = fields.text("algorithmName", readonly=True)
    version = fields.integer("version", readonly=True)
    not_before = fields.time("notBefore", readonly=True)
    not_before_datetime = fields.moment("notBefore", readonly=True)
    not_after = fields.time("notAfter", readonly=True)
    not_after_datetime = fields.moment("notAfter", readonly=True)
    is_certificate_authority = fields.flag("tenantCertificateAuthority", readonly=True)
    proof_of_possession_valid = fields.flag("proofOfPossessionValid", readonly=True)
    # What is to be signed with the private key.
    verification_code = fields.text("proofOfPossessionUnsignedVerificationCode", readonly=True)
    verification_code_until = fields.time("proofOfPossessionVerificationCodeUsableUntil", readonly=True)
    verification_code_until_datetime = fields.moment(
        "proofOfPossessionVerificationCodeUsableUntil", readonly=True
    )

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        *,
        name: str | None = None,
        cert_in_pem_format: str | None = None,
        status: CertificateStatus | str = CertificateStatus.ENABLED,
        auto_registration_enabled: bool | None = None,
        **fragments: Any,
    ) -> None:
        known = {
            "name": name,
            "certInPemFormat": cert_in_pem_format,
            "status": str(status),
            "autoRegistrationEnabled": auto_registration_enabled,
        }
        super().__init__(c8y, **codec.present(known), **fragments)

    @classmethod
    def _collection_path(cls, c8y: CumulocityRestClient) -> str:
        return own_path(c8y, None, "trusted-certificates")

    def _key(self) -> str:
        if not self.fingerprint:
            raise ValueError("This certificate has no fingerprint yet; create it or read it first.")
        return self.fingerprint

    def _content(self) -> dict[str, Any]:
        content = super()._content()
        if "PRIVATE KEY" in str(content.get("certInPemFormat")):
            raise ValueError(
                "This holds a private key, which must never leave you; send the certificate alone."
            )
        return content

    def _create(self, c8y: CumulocityRestClient, resource: str | None = None) -> Self:
        complete(self._content(), "A trusted certificate", "certInPemFormat", "status")
        return super()._create(c8y, resource)
