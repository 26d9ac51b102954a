"""Trusted certificates: listed, uploaded, proven, revoked; and the tenant's own authority."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypedDict, Unpack

from sdk.model.bulk import each
from sdk.model.certificate import TrustedCertificate
from sdk.model.collection import Collection, Selection, collecting, counting, framing, selecting, spelled_out
from sdk.model.filters import Paging, Vocabulary
from sdk.model.object import only_objects
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.model.tenants import own_path
from sdk.rest import codec, uploads
from sdk.rest.codec import When
from sdk.rest.files import FileSpec

_REVOKED: Final = "/tenant/trusted-certificates/settings/crl"
_MOST_REVOKED: Final = 5000


class CertificateFilter(TypedDict, total=False):
    """The filter of a list of certificates: with ``certificate_authority`` just the tenant's own."""

    certificate_authority: bool


class CertificateQuery(CertificateFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


class TrustedCertificates(Collection[TrustedCertificate]):
    """The certificates that the tenant trusts. They are known by their fingerprints."""

    model = TrustedCertificate
    vocabulary = Vocabulary(CertificateFilter)

    @property
    def listing(self) -> Listing:  # type: ignore[override]
        """Where the certificates of this client's tenant are listed."""
        return Listing(own_path(self.c8y, None, "trusted-certificates"), "certificates")

    @spelled_out
    def where(
        self, expression: str | None = None, /, **filters: Unpack[CertificateFilter]
    ) -> Query[TrustedCertificate]:
        """A query for certificates (GET /tenant/tenants/{t}/trusted-certificates), sent when it is used."""
        return self._query(expression, filters)

    @spelled_out
    def _asked(
        self, expression: str | None = None, /, **query: Unpack[CertificateQuery]
    ) -> Selection[TrustedCertificate]:
        """Args: see ``where`` for the filter, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)

    def create(
        self,
        *objects: TrustedCertificate,
        add_to_trust_store: bool | None = None,
        workers: int | None = None,
    ) -> list[TrustedCertificate]:
        """Upload certificates (POST /tenant/tenants/{t}/trusted-certificates each).

        Args:
            add_to_trust_store: whether devices may connect by them at once; the platform's default is yes.
            workers: how many calls at once; one after the other when left out.

        Raises:
            BulkError: when one of several failed; a single one raises its own error.
        """
        suffix = "" if add_to_trust_store is None else f"?{_trusting(add_to_trust_store)}"
        path = self.listing.path + suffix
        return each(lambda one: one._create(self.c8y, path), only_objects(objects), workers)

    def create_bulk(
        self, *objects: TrustedCertificate, add_to_trust_store: bool | None = None
    ) -> list[TrustedCertificate]:
        """Upload certificates in one call, all or none (POST …/trusted-certificates/bulk)."""
        json = {"certificates": [one._content() for one in objects]}
        params = {"addToTrustStore": add_to_trust_store}
        found = self.c8y.post(f"{self.listing.path}/bulk", params=params, json=json)
        return TrustedCertificate._listed(found, "certificates", self.c8y)

    def get_certificate_authority(self) -> TrustedCertificate | None:
        """The tenant's own certificate authority, None if it has none."""
        return self.where(certificate_authority=True).first()

    def create_certificate_authority(self) -> TrustedCertificate:
        """Make the tenant its own certificate authority (POST /certificate-authority)."""
        return TrustedCertificate.from_json(self.c8y.post("/certificate-authority"), self.c8y)

    def renew_certificate_authority(self) -> TrustedCertificate:
        """Renew the tenant's own certificate authority (POST /certificate-authority/renew)."""
        return TrustedCertificate.from_json(self.c8y.post("/certificate-authority/renew"), self.c8y)

    def generate_pop_challenge(self, fingerprint: str) -> TrustedCertificate:
        """Ask for a text to sign with the private key (POST …-pop/{fingerprint}/verification-code).

        Returns:
            The certificate; its ``verification_code`` is the text.
        """
        return self._prove(fingerprint, "verification-code", None)

    def provide_pop_verification(self, fingerprint: str, signed_code: str) -> TrustedCertificate:
        """Prove to have the private key (POST …-pop/{fingerprint}/pop).

        Args:
            signed_code: the signature of the ``verification_code``, in Base64.

        Raises:
            Invalid: when it is not the right one.
        """
        json = {"proofOfPossessionSignedVerificationCode": signed_code}
        return self._prove(fingerprint, "pop", json)

    def confirm_pop(self, fingerprint: str) -> TrustedCertificate:
        """Take the proof as given; for the management tenant (POST …-pop/{fingerprint}/confirmed)."""
        return self._prove(fingerprint, "confirmed", None)

    def _prove(self, fingerprint: str, step: str, json: Mapping[str, Any] | None) -> TrustedCertificate:
        place = own_path(self.c8y, None, "trusted-certificates-pop", fingerprint, step)
        return TrustedCertificate.from_json(self.c8y.post(place, json=json), self.c8y)

    def verify_chain(self, file: FileSpec, tenant_id: str | None = None) -> bool:
        """Whether a chain of certificates leads to one that is trusted (POST …/verify-cert-chain).

        Args:
            file: the chain in PEM, the device's own certificate first.
            tenant_id: the tenant that should trust it; this one when left out.

        Raises:
            Unauthorized, Invalid: from tenants that say so where it leads to none.
        """
        form = {"tenantId": tenant_id or self.c8y.tenant_id}
        found = self.c8y.post_file("/tenant/trusted-certificates/verify-cert-chain", file, form_data=form)
        return found.get("successfullyValidated") is True

    def revoke(self, *serial_numbers: str, at: When | None = None) -> None:
        """Lock out devices whose certificates have these serial numbers (PUT …/settings/crl).

        Args:
            serial_numbers: in hexadecimal, up to 5000.
            at: since when; now when left out.

        Raises:
            ValueError: for a number that is not hexadecimal, or too many.
        """
        if not 1 <= len(serial_numbers) <= _MOST_REVOKED:
            raise ValueError(f"From 1 to {_MOST_REVOKED} certificates are revoked at once.")
        date = codec.instant("now" if at is None else at)
        crls = [{"serialNumberInHex": _hexadecimal(one), "revocationDate": date} for one in serial_numbers]
        self.c8y.put(_REVOKED, json={"crls": crls})

    def revoke_by_file(self, file: FileSpec) -> None:
        """Lock out the devices that a certificate revocation list names (PUT …/settings/crl)."""
        uploads.put_form(self.c8y, _REVOKED, file)

    def get_revocation_list(self) -> bytes:
        """The certificate revocation list as it is published (GET …/settings/crl), DER or PEM."""
        return self.c8y.send("GET", _REVOKED, accept="application/pkix-crl").content

    def get_revoked(self) -> dict[str, datetime]:
        """The revoked serial numbers, in hexadecimal, and since when.

        Raises:
            ImportError: when the package ``cryptography`` is not installed.
            ValueError: when the list cannot be read.
        """
        from cryptography import x509  # noqa: PLC0415  # only this needs it

        content = self.get_revocation_list()
        if not content:
            return {}
        load = x509.load_pem_x509_crl if content.startswith(b"-----") else x509.load_der_x509_crl
        return {f"{one.serial_number:X}": one.revocation_date_utc for one in load(content)}


def _trusting(add: bool) -> str:
    return codec.query_string({"addToTrustStore": add})


def _hexadecimal(number: str) -> str:
    plain = number.replace(":", "").strip()
    try:
        int(plain, 16)
    except ValueError:
        raise ValueError(f"{number!r} is no serial number in hexadecimal.") from None
    return plain
