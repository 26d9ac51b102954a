"""Device enrollment (EST): certificates for devices, signed by the tenant's certificate authority.

The administrator names the device with a one-time password; with both the device sends its signing request
and is given its first certificate. With what it signs in by, it may ask for another one at any time.
"""

from __future__ import annotations

import base64
import hmac
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from sdk.sandbox.api.registration import ACCEPTED, admitted
from sdk.sandbox.call import Answer, Call, Routes, forbidden, invalid, not_found
from sdk.sandbox.files import bad_request
from sdk.sandbox.signin import WRONG, named_by_password
from sdk.sandbox.store.certificates import UNREADABLE, common_name, request_of, wants_authority
from sdk.sandbox.store.trust import certify
from sdk.sandbox.store.users import DEVICE_PREFIX
from sdk.sandbox.tokens import unauthorized

routes = Routes("est")

SENT, GIVEN = "application/pkcs10", "application/pkcs7-mime;smime-type=certs-only"
VALIDITY = timedelta(days=365)


@routes.post("/.well-known/est/simpleenroll", public=True, consumes=(SENT,), produces=GIVEN)
def enroll(call: Call) -> Answer:
    """Basic, with the device's id and its one-time password, which is used up by that."""
    device, password = named_by_password(call.headers)
    request = call.tenant.requests.get(device, {})
    expected = str(request.get("enrollmentToken", ""))
    accepted = request.get("status") == ACCEPTED and expected != ""
    if not accepted or not hmac.compare_digest(expected.encode(), password.encode()):
        raise unauthorized(WRONG)
    answer = _certificate(call, device)
    admitted(call.tenant, request, DEVICE_PREFIX + device)
    certify(call.tenant, DEVICE_PREFIX + device)
    return answer


@routes.post("/.well-known/est/simplereenroll", roles=("ROLE_DEVICE",), consumes=(SENT,), produces=GIVEN)
def enroll_again(call: Call) -> Answer:
    """A device with a password, or with the token that its certificate got it."""
    if not call.caller.name.startswith(DEVICE_PREFIX):
        raise forbidden("Only a device asks for the certificate of a device.")
    answer = _certificate(call, call.caller.name.removeprefix(DEVICE_PREFIX))
    certify(call.tenant, call.caller.name)
    return answer


def _certificate(call: Call, device: str) -> Answer:
    request = _checked_request(call.body)
    if common_name(request.subject) != device:
        raise invalid(f"The common name (CN) of the request must be the id of the device, '{device}'.")
    if call.tenant.authority is None:
        raise not_found("The tenant has no certificate authority.")
    issued = call.tenant.authority.issue(request, VALIDITY)
    text = f"Certificate {issued.serial_number:x} issued to device '{device}'"
    call.tenant.audit("Inventory", "Device certificate issued", text, device, DEVICE_PREFIX + device)
    content = pkcs7.serialize_certificates([issued], Encoding.DER)
    return Answer(base64.encodebytes(content), 201, headers=[("Content-Transfer-Encoding", "base64")])


def _checked_request(body: bytes) -> x509.CertificateSigningRequest:
    try:
        request = request_of(body)
        genuine, authority = request.is_signature_valid, wants_authority(request)
    except UNREADABLE as error:
        raise bad_request("The body is no signing request (PKCS#10) that can be read.") from error
    if not genuine:
        raise bad_request("The signing request is not signed with its own key.")
    if authority:
        raise invalid("A signing request with the constraint CA:TRUE is not supported.")
    return request
