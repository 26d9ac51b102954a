"""How a device comes by certificates (EST), and by a token for the one that it shows."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from requests import Response

from sdk.sandbox import Sandbox
from sdk.sandbox.server import Server
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.tls import Tls
from tests.contract import description
from tests.sandbox.certified import Key, certify, in_files, in_header, issued, new_key, pem, signing_request
from tests.sandbox.doors import Door, media

ENROLL, AGAIN = "/.well-known/est/simpleenroll", "/.well-known/est/simplereenroll"
REQUESTS, BULK = "/devicecontrol/newDeviceRequests", "/devicecontrol/bulkNewDeviceRequests"
TOKEN = "/devicecontrol/deviceAccessToken"
TRUSTED = "/tenant/tenants/acme/trusted-certificates"
PKCS10 = {"Content-Type": "application/pkcs10", "Content-Transfer-Encoding": "base64"}


class Device:
    """A device without any user yet; in-process, as mutual TLS would show it."""

    def __init__(self, sandbox: Sandbox, folder: Path, name: str, base: str = "https://acme.sandbox") -> None:
        self.name, self.base, self.folder, self.key = name, base, folder, new_key()
        self.session = requests.Session()
        self.session.trust_env = False  # a CA bundle of the environment would go before the sandbox's own
        if base == "https://acme.sandbox":
            self.session.mount(base, sandbox.adapter())
        self.problems = description.watch(self.session) if description.file().is_file() else []

    def enroll(self, password: str, content: bytes | None = None) -> Response:
        body = content or signing_request(self.key, self.name)
        return self.session.post(
            self.base + ENROLL, data=body, headers=PKCS10 | {"Accept": "*/*"}, auth=(self.name, password)
        )

    def enroll_again(self, token: str) -> Response:
        self.key = new_key()
        headers = PKCS10 | {"Accept": "application/pkcs7-mime", "Authorization": f"Bearer {token}"}
        body = signing_request(self.key, self.name)
        return self.session.post(self.base + AGAIN, data=body, headers=headers)

    def show(self, certificate: Any, key: Key | None = None, **headers: str) -> Response:
        files = in_files(self.folder, certificate, key or self.key)
        accept = {"Accept": "application/json"}
        return self.session.post(self.base + TOKEN, cert=files, headers=accept | headers)

    def get(self, token: str, path: str = "/user/currentUser") -> Response:
        return self.session.get(self.base + path, headers={"Authorization": f"Bearer {token}"})

    def create(self, token: str) -> dict[str, Any]:
        """The device makes itself known in the inventory."""
        kind = media("managedobject")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind, "Accept": kind}
        body = {"name": "Pump", "c8y_IsDevice": {}}
        answer = self.session.post(f"{self.base}/inventory/managedObjects", json=body, headers=headers)
        made: dict[str, Any] = answer.json()
        return made


@pytest.fixture
def device(sandbox: Sandbox, tmp_path: Path) -> Iterator[Device]:
    device = Device(sandbox, tmp_path, "pump-1")
    yield device
    device.session.close()
    assert device.problems == []


@pytest.fixture
def authority(checked: Door) -> str:
    """The fingerprint of the tenant's certificate authority."""
    made = checked.call("POST", "/certificate-authority", headers={"Accept": "application/json"})
    return str(made.json()["fingerprint"])


def announce(admin: Door, **more: str) -> Response:
    body = {"id": "pump-1", "enrollmentToken": "once-only"} | more
    return admin.post(REQUESTS, "newdevicerequest", body)


def revoke(admin: Door, serial: int) -> None:
    body = {"crls": [{"serialNumberInHex": f"{serial:x}"}]}
    answer = admin.put("/tenant/trusted-certificates/settings/crl", "application/json", body)
    assert answer.status_code == 204


@pytest.mark.usefixtures("authority")
def test_a_device_enrolls_gets_a_token_works_and_enrolls_again(
    checked: Door, acme: Tenant, device: Device
) -> None:
    announced = announce(checked)
    assert (announced.status_code, announced.json()["status"]) == (201, "ACCEPTED")
    assert "once-only" not in announced.text
    answer = device.enroll("once-only")
    assert answer.status_code == 201, answer.text
    assert answer.headers["Content-Type"] == "application/pkcs7-mime;smime-type=certs-only"
    first = issued(answer.content)
    assert checked.get(f"{REQUESTS}/pump-1").status_code == 404
    token = device.show(first).json()["accessToken"]
    assert device.get(token).json()["userName"] == "device_pump-1"
    again = device.enroll_again(token)
    assert again.status_code == 201, again.text
    second = issued(again.content)
    assert second.serial_number != first.serial_number
    fresh = device.show(second).json()["accessToken"]
    assert device.create(fresh)["owner"] == "device_pump-1"
    told = [found["text"] for found in acme.audits.values() if "ertificate" in found["activity"]]
    assert sum("issued to device 'pump-1'" in text for text in told) == 2


@pytest.mark.usefixtures("authority")
def test_a_one_time_password_serves_once_and_for_its_device_only(checked: Door, device: Device) -> None:
    announce(checked)
    assert device.enroll("wrong").status_code == 401
    other = signing_request(device.key, "pump-2")
    assert device.enroll("once-only", other).status_code == 422
    assert device.enroll("once-only").status_code == 201
    assert device.enroll("once-only").status_code == 401


@pytest.mark.usefixtures("authority")
def test_an_announced_device_gets_no_password(checked: Door, sandbox: Sandbox) -> None:
    announce(checked)
    bootstrap = Door(sandbox, "bootstrap")
    asked = bootstrap.post("/devicecontrol/deviceCredentials", "devicecredentials", {"id": "pump-1"})
    assert asked.status_code == 404


@pytest.mark.usefixtures("authority")
def test_a_certified_device_joins_its_group(checked: Door, acme: Tenant, device: Device) -> None:
    group = acme.inventory.index.of_type("c8y_DeviceGroup").listed()[0]
    announce(checked, groupId=group)
    token = device.show(issued(device.enroll("once-only").content)).json()["accessToken"]
    assert device.create(token)["id"] in acme.inventory.children["childAssets"][group]


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize("wrong", [b"", b"x", b"-----BEGIN", b"MIIB", b"\x30\x82", b"\xff" * 2000])
def test_what_is_no_signing_request_is_refused(checked: Door, device: Device, wrong: bytes) -> None:
    announce(checked)
    assert device.enroll("once-only", wrong or b" ").status_code == 400
    assert device.enroll("once-only").status_code == 201


@pytest.mark.usefixtures("authority")
def test_no_device_becomes_an_authority_or_takes_a_key_of_others(checked: Door, device: Device) -> None:
    announce(checked)
    wish = signing_request(device.key, "pump-1", authority=True)
    assert device.enroll("once-only", wish).status_code == 422
    broken = bytearray(base64.b64decode(signing_request(device.key, "pump-1")))
    broken[-1] ^= 1
    assert device.enroll("once-only", base64.b64encode(broken)).status_code == 400


def test_without_an_authority_nobody_is_certified(checked: Door, device: Device) -> None:
    announce(checked)
    assert device.enroll("once-only").status_code == 404
    assert device.enroll("").status_code == 401


def test_people_get_no_certificate_of_a_device(sandbox: Sandbox) -> None:
    admin = Door(sandbox, "admin")
    body = signing_request(new_key(), "admin")
    assert admin.call("POST", AGAIN, data=body, headers=PKCS10).status_code == 403


def bulk(door: Door, content: str) -> dict[str, Any]:
    answer = door.call("POST", BULK, files={"file": ("a.csv", content)})
    assert answer.status_code == 201
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.usefixtures("authority")
def test_a_file_announces_devices_with_one_time_passwords(
    checked: Door, acme: Tenant, device: Device
) -> None:
    header = "ID;AUTH_TYPE;ENROLLMENT_OTP;TYPE;NAME;com_cumulocity_model_Agent.active\n"
    told = bulk(checked, header + "pump-1;CERTIFICATES;once-only;t;Pump;true\npump-2;BASIC;x;t;Pump;true\n")
    assert (told["numberOfCreated"], told["numberOfFailed"]) == (1, 1)
    assert "CERTIFICATES" in told["failedCreationList"][0]["failureReason"]
    assert acme.device("pump-1")["owner"] == "device_pump-1"
    token = device.show(issued(device.enroll("once-only").content)).json()["accessToken"]
    assert device.get(token, f"/inventory/managedObjects/{acme.device('pump-1')['id']}").status_code == 200


def test_a_device_with_certificates_has_no_password(checked: Door, sandbox: Sandbox) -> None:
    bulk(checked, "ID;AUTH_TYPE;CREDENTIALS\npump-1;CERTIFICATES;secret-123\npump-2;CERTIFICATES;\n")
    for user, password in (("device_pump-1", "secret-123"), ("device_pump-2", "")):
        assert Door(sandbox, user, password=password or ":").get("/user/currentUser").status_code == 401


def test_the_management_tenant_registers_devices_of_the_tenant_that_is_named(
    management: Door, sandbox: Sandbox
) -> None:
    content = (
        "ID;CREDENTIALS;TENANT\npump-1;secret-123;globex\npump-2;secret-123;nowhere\npump-3;secret-123;\n"
    )
    told = bulk(management, content)
    assert (told["numberOfCreated"], told["numberOfFailed"]) == (1, 2)
    assert "device_pump-1" in sandbox.tenant("globex").users
    assert "device_pump-1" not in sandbox.tenant("management").users


def trust(admin: Door, certificate: Any, **more: Any) -> str:
    body = {"certInPemFormat": pem(certificate), "status": "ENABLED", "name": "Factory"} | more
    made = admin.post(TRUSTED, "application/json", body).json()
    return str(made["fingerprint"])


def prove(acme: Tenant, fingerprint: str) -> None:
    acme.certificates[fingerprint]["proofOfPossessionValid"] = True


def test_a_factory_certificate_registers_the_device_where_its_issuer_may(
    checked: Door, acme: Tenant, device: Device
) -> None:
    factory = new_key()
    made = trust(checked, certify(factory, "Factory"))
    own = certify(device.key, "pump-1", by=factory, issuer="Factory")
    assert device.show(own).status_code == 401  # nobody has proved to hold the factory's key
    prove(acme, made)
    assert device.show(own).status_code == 422
    checked.put(f"{TRUSTED}/{made}", "application/json", {"autoRegistrationEnabled": True})
    assert device.get(device.show(own).json()["accessToken"]).json()["userName"] == "device_pump-1"


def test_the_rest_of_the_chain_comes_in_the_header(checked: Door, acme: Tenant, device: Device) -> None:
    root, between = new_key(), new_key()
    prove(acme, trust(checked, certify(root, "Root"), autoRegistrationEnabled=True))
    middle = certify(between, "Middle", by=root, issuer="Root")
    own = certify(device.key, "pump-1", by=between, issuer="Middle")
    assert device.show(own).status_code == 401
    assert device.show(own, **{"X-Ssl-Cert-Chain": in_header(own, middle)}).status_code == 200
    assert device.show(own, **{"X-Ssl-Cert-Chain": in_header(middle)}).status_code == 200
    broken = "-----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----"
    assert device.show(own, **{"X-Ssl-Cert-Chain": broken}).status_code == 400


@pytest.mark.usefixtures("authority")
def test_expired_revoked_disabled_and_foreign_certificates_open_nothing(
    checked: Door, acme: Tenant, authority: str, device: Device
) -> None:
    announce(checked)
    own = issued(device.enroll("once-only").content)
    assert acme.authority is not None
    signer = acme.authority.key
    assert device.show(certify(device.key, "pump-1", by=signer, issuer="acme", days=1)).status_code == 401
    assert device.show(certify(device.key, "pump-1")).status_code == 401
    revoke(checked, own.serial_number)
    assert device.show(own).status_code == 200
    acme.options["configuration", "crl.offline.check.enabled"] = {"value": "true", "editable": True}
    assert device.show(own).status_code == 401
    del acme.options["configuration", "crl.offline.check.enabled"]
    checked.put(f"{TRUSTED}/{authority}", "application/json", {"status": "DISABLED"})
    assert device.show(own).status_code == 401


@pytest.mark.usefixtures("authority")
def test_a_device_with_a_password_shows_no_certificate(checked: Door, acme: Tenant, device: Device) -> None:
    bulk(checked, "ID;CREDENTIALS\npump-1;secret-123\n")
    assert acme.authority is not None
    own = certify(device.key, "pump-1", by=acme.authority.key, issuer="acme")
    assert device.show(own).status_code == 403
    assert checked.call("POST", TOKEN, headers={"Accept": "application/json"}).status_code == 401


def test_a_certificate_needs_its_key(device: Device) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        device.show(certify(device.key, "pump-1"), key=new_key())


@pytest.fixture
def secure(sandbox: Sandbox) -> Iterator[Server]:
    with Server(sandbox, tls=Tls(sandbox)).start() as server:
        yield server


@pytest.fixture
def far(sandbox: Sandbox, secure: Server, tmp_path: Path) -> Iterator[Device]:
    """The device on a real connection."""
    device = Device(sandbox, tmp_path, "pump-1", secure.base_url)
    assert secure.tls is not None
    (tmp_path / "ca.pem").write_text(secure.tls.certificate)
    device.session.verify = str(tmp_path / "ca.pem")
    device.session.headers["Host"] = "acme.localhost"
    yield device
    device.session.close()
    assert device.problems == []


@pytest.mark.usefixtures("authority")
def test_over_mutual_tls_a_device_goes_the_whole_way(checked: Door, far: Device) -> None:
    announce(checked)
    answer = far.enroll("once-only")
    assert answer.status_code == 201, answer.text
    token = far.show(issued(answer.content)).json()["accessToken"]
    far.session.close()  # or the connection that has shown a certificate would go on
    assert far.get(token).json()["userName"] == "device_pump-1"
    assert far.enroll_again(token).status_code == 201
    without = far.session.post(far.base + TOKEN, headers={"Accept": "application/json"})
    assert without.status_code == 401


@pytest.mark.usefixtures("authority")
def test_a_foreign_certificate_ends_the_connection(far: Device, secure: Server) -> None:
    with pytest.raises(requests.ConnectionError):
        far.show(certify(far.key, "pump-1"))
    far.session.close()
    assert far.session.get(f"{secure.base_url}/tenant/loginOptions", timeout=5).status_code == 200


def test_what_is_no_tls_is_no_news(secure: Server, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(secure.base_url.replace("https", "http"), timeout=5)
    assert "Traceback" not in capfd.readouterr().err
