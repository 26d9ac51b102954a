"""Device access tokens: a device that shows a trusted certificate by mutual TLS gets a token for the rest."""

from __future__ import annotations

from cryptography import x509

from sdk.sandbox.call import Answer, Call, Refusal, Routes, forbidden
from sdk.sandbox.files import bad_request
from sdk.sandbox.store.certificates import UNREADABLE, chain_of, common_name, fingerprint
from sdk.sandbox.store.trust import certify, checked_issuer
from sdk.sandbox.store.users import DEVICE_PREFIX
from sdk.sandbox.tokens import unauthorized

routes = Routes("devicecontrol")


@routes.post("/devicecontrol/deviceAccessToken", public=True, produces="application/json")
def create_token(call: Call) -> Answer:
    """The certificates between the device's own and the trusted one may come in the header."""
    shown, more = (_read(text) for text in (call.certificate, call.headers.get("x-ssl-cert-chain", "")))
    if not shown:
        raise unauthorized("The connection carries no client certificate.")
    chain = [*shown, *(certificate for certificate in more if certificate not in shown)]
    issuer = checked_issuer(call.tenant, chain)
    if issuer is None:
        raise unauthorized("Invalid certificate chain!")
    user = _user(call, common_name(chain[0].subject), issuer)
    agent = call.headers.get("user-agent", "")
    return Answer({"accessToken": call.sandbox.sessions.open(call.tenant, user, agent, tfa=False)})


def _read(text: str) -> list[x509.Certificate]:
    try:
        return chain_of(text)
    except UNREADABLE as error:
        raise bad_request(f"Cannot parse X509 certificate. : {error}") from error


def _user(call: Call, device: str, issuer: x509.Certificate) -> str:
    """The device's user: known to sign in by certificate, or new and let in by the issuer's settings."""
    user = DEVICE_PREFIX + device
    if user not in call.tenant.users:
        if not device or not call.tenant.certificates[fingerprint(issuer)]["autoRegistrationEnabled"]:
            name = "Auto registration is failed for device/Unprocessable Entity"
            raise Refusal(422, name, "Cannot process certificate data.")
        certify(call.tenant, user)
    if user not in call.tenant.certified or not call.tenant.users[user]["enabled"]:
        raise forbidden("The device is not registered to sign in by certificate.")
    return user
