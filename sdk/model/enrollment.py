"""The certificates of devices: asked for, renewed, and exchanged for a token."""

from __future__ import annotations

from typing import Final

from sdk.rest import documents, media_types
from sdk.rest.client import CumulocityRestClient

_PLACE: Final = "/.well-known/est"
_REQUEST: Final = "application/pkcs10"
_CERTIFICATE: Final = "application/pkcs7-mime;smime-type=certs-only"


class DeviceCertificates:
    """What a device does with its own certificate; platforms before 2026 do not know it (NotFound).

    The tenant needs a certificate authority (``TrustedCertificates.create_certificate_authority``), and the
    device a request with an ``enrollment_token`` (``DeviceRequests.request``).
    """

    def __init__(self, c8y: CumulocityRestClient) -> None:
        self.c8y = c8y

    def enroll(self, request: bytes | str) -> bytes:
        """Get the first certificate (POST /.well-known/est/simpleenroll).

        The client signs in as the device, with the one-time password:
        ``BasicAuth(f"{tenant}/{device}", enrollment_token)``.

        Args:
            request: a certificate signing request (PKCS #10) as PEM, DER or Base64; its common name is the
                external id of the device.

        Returns:
            The certificate (PKCS #7) as the tenant sent it: Base64, or PEM.

        Raises:
            Unauthorized: when the device is not expected, or with another password.
            Invalid: when it is no such request, or asks for a certificate authority.
        """
        return self._post("simpleenroll", request)

    def reenroll(self, request: bytes | str) -> bytes:
        """Get another certificate before the old one ends (POST /.well-known/est/simplereenroll).

        The client signs in as the device, as it always does; see ``enroll``.
        """
        return self._post("simplereenroll", request)

    def get_access_token(self, chain: str | None = None) -> str:
        """Exchange the certificate that the connection shows for a token (POST …/deviceAccessToken).

        It works over mutual TLS only, at the platform's port 8443: the client's address names it, and its
        connector shows the certificate (``Connector(certificate=(cert_file, key_file))``).

        Args:
            chain: the certificate and its issuers as PEM, where the tenant does not hold the issuer.

        Returns:
            A token for ``BearerAuth``.

        Raises:
            Unauthorized: when the tenant does not trust the certificate.
        """
        headers = {"X-Ssl-Cert-Chain": " ".join(chain.split())} if chain else None
        place, accept = "/devicecontrol/deviceAccessToken", media_types.JSON
        found = self.c8y.send("POST", place, accept=accept, headers=headers)
        return str(documents.part(documents.load_json(found.content), "accessToken"))

    def _post(self, verb: str, request: bytes | str) -> bytes:
        body = request.encode() if isinstance(request, str) else request
        if not body.strip():
            raise ValueError("The certificate signing request is empty.")
        response = self.c8y.send("POST", f"{_PLACE}/{verb}", (), body, _CERTIFICATE, _REQUEST)
        return response.content
