"""Applications, their files, versions, users and subscriptions."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from typing import Any

import pytest

from sdk.sandbox import Sandbox
from tests.sandbox.doors import Door

APPLICATIONS = "/application/applications"
JSON = {"Accept": "application/json"}


def archive(**files: str) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for name, text in files.items():
            made.writestr(name.replace("_", "."), text)
    return content.getvalue()


WEB = archive(index_html="<p>Hello</p>")


def create(door: Door, name: str = "board", kind: str = "HOSTED", **more: Any) -> str:
    body = {"name": name, "key": f"{name}-key", "type": kind, "contextPath": name} | more
    answer = door.post(APPLICATIONS, "application", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def names(door: Door, path: str) -> list[str]:
    return [found["name"] for found in door.everything(path, "applications")]


def weather(door: Door) -> dict[str, Any]:
    found: dict[str, Any] = door.get("/application/applicationsByName/weather").json()["applications"][0]
    return found


def test_the_life_of_an_application(checked: Door) -> None:
    path = f"{APPLICATIONS}/{create(checked)}"
    assert checked.get(path).json()["owner"]["tenant"]["id"] == "acme"
    changed = checked.put(path, "application", {"description": "All pumps"})
    assert (changed.status_code, changed.json()["description"]) == (200, "All pumps")
    assert checked.delete(path).status_code == 204
    assert checked.get(path).status_code == 404


@pytest.mark.fact("answer.conflict")
def test_key_name_and_path_are_unique_and_required(checked: Door) -> None:
    create(checked)
    body = {"name": "other", "key": "other-key", "type": "HOSTED", "contextPath": "other"}
    for name in ("name", "key", "contextPath"):
        taken = body | {name: {"key": "board-key"}.get(name, "board")}
        assert checked.post(APPLICATIONS, "application", taken).status_code == 409
        missing = {key: value for key, value in body.items() if key != name}
        assert checked.post(APPLICATIONS, "application", missing).status_code == 422
    assert "other" not in names(checked, APPLICATIONS)


def test_a_tenant_sees_what_it_owns_and_what_it_is_subscribed_to(checked: Door, sandbox: Sandbox) -> None:
    globex = Door(sandbox, "admin", "globex")
    assert "weather" in names(globex, APPLICATIONS)
    assert "erp-bridge" not in names(globex, APPLICATIONS)
    assert globex.get(f"{APPLICATIONS}/{weather(globex)['id']}").status_code == 200
    assert globex.put(f"{APPLICATIONS}/{weather(globex)['id']}", "application", {}).status_code == 403
    assert names(checked, f"{APPLICATIONS}?type=EXTERNAL") == ["erp-bridge"]
    assert checked.get(f"{APPLICATIONS}?type=external").status_code == 422
    assert names(checked, f"{APPLICATIONS}?owner=acme") == ["weather", "erp-bridge"]
    assert names(checked, f"{APPLICATIONS}?providedFor=globex&name=weather") == ["weather"]
    assert "cockpit" not in names(checked, "/application/applicationsByOwner/acme")
    assert "cockpit" in names(checked, "/application/applicationsByTenant/acme")
    assert "cockpit" in names(checked, "/application/applicationsByUser/admin")


def test_users_without_application_management_see_none(sandbox: Sandbox) -> None:
    stranger = Door(sandbox, "operator")
    assert stranger.get(APPLICATIONS).status_code == 403
    assert stranger.get(f"{APPLICATIONS}/1").status_code == 403
    assert stranger.get("/application/applicationsByUser/admin").status_code == 403
    assert names(stranger, "/application/applicationsByUser/operator") == []


def upload(door: Door, path: str, content: bytes) -> Any:
    return door.call("POST", f"{path}/binaries", files={"file": ("a.zip", content)}, headers=JSON)


def test_files_of_an_application(checked: Door) -> None:
    path = f"{APPLICATIONS}/{create(checked)}"
    upload(checked, path, WEB)
    active = upload(checked, path, WEB).json()["activeVersionId"]
    first, second = checked.get(f"{path}/binaries").json()["attachments"]
    assert (second["id"], first["length"]) == (active, len(WEB))
    answer = checked.get(f"{path}/binaries/{first['id']}")
    assert (answer.content, answer.headers["Content-Type"]) == (WEB, "application/zip")
    assert checked.delete(f"{path}/binaries/{active}").status_code == 409
    assert checked.delete(f"{path}/binaries/{first['id']}").status_code == 204
    for wrong in (b"no archive", archive(readme_txt="x")):
        assert upload(checked, path, wrong).status_code == 422


def version(door: Door, path: str, name: str, *tags: str) -> Any:
    described = json.dumps({"version": name, "tags": tags})
    parts = {"applicationVersion": (None, described), "applicationBinary": ("a.zip", WEB)}
    return door.call("POST", f"{path}/versions", files=parts, headers=JSON)


def test_versions_and_their_tags(checked: Door) -> None:
    path = f"{APPLICATIONS}/{create(checked)}"
    assert version(checked, path, "1.0", "old").json()["tag"] == ["old", "latest"]
    assert version(checked, path, "1.1", "latest").status_code == 201
    assert checked.get(f"{path}/versions?tag=latest").json()["version"] == "1.1"
    assert checked.get(f"{path}/versions?version=1.0").json()["tag"] == ["old"]
    assert version(checked, path, "1.0").status_code == 409
    assert version(checked, path, "1.2", "old").status_code == 409
    assert version(checked, path, "one two").status_code == 422
    assert checked.get(f"{path}/versions?version=1.0&tag=old").status_code == 422
    moved = checked.put(f"{path}/versions/1.0", "application/json", {"tags": ["latest", "good"]})
    assert (moved.status_code, moved.json()["tag"]) == (201, ["latest", "good"])
    assert checked.delete(f"{path}/versions?version=1.0").status_code == 409
    assert checked.delete(f"{path}/versions?version=1.1").status_code == 204
    assert [found["version"] for found in checked.get(f"{path}/versions").json()["versions"]] == ["1.0"]
    assert checked.get(f"{APPLICATIONS}/{weather(checked)['id']}/versions").status_code == 422


def test_a_clone_has_the_content_of_the_version_asked_for(checked: Door) -> None:
    path = f"{APPLICATIONS}/{create(checked)}"
    version(checked, path, "1.0")
    cloned = checked.call("POST", f"{path}/clone?version=1.0", headers=JSON)
    assert (cloned.status_code, cloned.json()["key"]) == (201, "cloneboard-key")
    copied = checked.get(f"{APPLICATIONS}/{cloned.json()['id']}/binaries").json()["attachments"]
    assert [found["length"] for found in copied] == [len(WEB)]
    assert checked.call("POST", f"{path}/clone", headers=JSON).status_code == 409
    assert checked.call("POST", f"{APPLICATIONS}/{weather(checked)['id']}/clone").status_code == 422


@pytest.fixture
def bootstrap(checked: Door, sandbox: Sandbox) -> Door:
    """The door of a microservice's bootstrap user."""
    user = checked.get(f"{APPLICATIONS}/{weather(checked)['id']}/bootstrapUser").json()
    assert user["tenant"] == "acme"
    return Door(sandbox, user["name"], "acme", user["password"])


@pytest.mark.fact("application.passwords")
def test_a_microservice_asks_who_it_is_and_who_is_subscribed(bootstrap: Door, sandbox: Sandbox) -> None:
    assert bootstrap.get("/application/currentApplication").json()["name"] == "weather"
    users = bootstrap.get("/application/currentApplication/subscriptions").json()["users"]
    assert [found["tenant"] for found in users] == ["acme", "globex"]
    service = Door(sandbox, users[1]["name"], "globex", users[1]["password"])
    assert service.get("/inventory/managedObjects").status_code == 200
    assert service.get("/user/globex/users").status_code == 403
    assert service.get("/application/currentApplication").status_code == 403


@pytest.mark.fact("option.secret")
def test_the_owner_of_an_encrypted_option_reads_it(bootstrap: Door, checked: Door, sandbox: Sandbox) -> None:
    option = "/tenant/options/c8y.weather/credentials.apiKey"
    assert checked.get(option).json()["value"] == "<<Encrypted>>"
    settings = bootstrap.get("/application/currentApplication/settings").json()
    assert settings == {"apiKey": "not-for-your-eyes"}
    user = bootstrap.get("/application/currentApplication/subscriptions").json()["users"][0]
    service = Door(sandbox, user["name"], "acme", user["password"])
    assert service.get("/tenant/options/c8y.weather/apiKey").json()["value"] == "not-for-your-eyes"
    assert service.get(option).json()["key"] == "apiKey"


def test_only_microservices_have_a_current_application(checked: Door) -> None:
    for path in ("", "/settings", "/subscriptions"):
        assert checked.get(f"/application/currentApplication{path}").status_code == 403
    board = create(checked)
    assert checked.get(f"{APPLICATIONS}/{board}/bootstrapUser").status_code == 400


def test_the_manifest_in_the_archive_decides_the_roles(checked: Door, sandbox: Sandbox) -> None:
    path = f"{APPLICATIONS}/{create(checked, 'meter', 'MICROSERVICE')}"
    subscribe(checked, "acme", path)
    manifest = json.dumps({"requiredRoles": ["ROLE_ALARM_READ"], "version": "1.0"})
    assert upload(checked, path, archive(cumulocity_json=manifest)).json()["manifest"]["version"] == "1.0"
    assert sandbox.tenant("acme").access.roles_of("service_meter") == {"ROLE_ALARM_READ"}
    assert upload(checked, path, archive(cumulocity_json="[")).status_code == 422


def subscribe(door: Door, tenant: str, path: str) -> Any:
    body = {"application": {"self": f"http://any.host{path}"}}
    return door.post(f"/tenant/tenants/{tenant}/applications", "applicationreference", body)


@pytest.mark.fact("application.forced", "application.subscribe")
def test_subscriptions_come_and_go(management: Door, checked: Door, sandbox: Sandbox) -> None:
    path = f"{APPLICATIONS}/{create(checked, 'meter', 'MICROSERVICE')}"
    assert subscribe(checked, "globex", path).status_code == 403
    assert subscribe(management, "globex", path).status_code == 201
    assert subscribe(management, "globex", path).status_code == 409
    assert "service_meter" in sandbox.tenant("globex").users
    assert "service_meter" not in [
        found["userName"]
        for found in Door(sandbox, "admin", "globex").everything("/user/globex/users", "users")
    ]
    assert checked.delete(path).status_code == 422
    referenced = management.everything("/tenant/tenants/globex/applications", "references")
    assert "meter" in [found["application"]["name"] for found in referenced]
    own = f"/tenant/tenants/globex{path.removeprefix('/application')}"
    assert management.delete(own).status_code == 204
    assert management.delete(own).status_code == 404
    assert "service_meter" not in sandbox.tenant("globex").users
    subscribe(management, "globex", path)
    assert checked.delete(f"{path}?force=true").status_code == 204
    assert "service_meter" not in sandbox.tenant("globex").users


def test_a_tenant_may_refuse_roles_to_applications(checked: Door, management: Door) -> None:
    roles = "/tenant/tenants/acme/applications/restricted-roles"
    wanted = ["ROLE_ALARM_ADMIN", "ROLE_ALARM_ADMIN"]
    assert checked.put(roles, "application/json", wanted).json()["restrictedRoles"] == ["ROLE_ALARM_ADMIN"]
    assert checked.call("POST", f"{roles}/ROLE_EVENT_READ", headers=JSON).status_code == 200
    assert checked.get(roles).json() == ["ROLE_ALARM_ADMIN", "ROLE_EVENT_READ"]
    wants = create(management, "greedy", "MICROSERVICE", requiredRoles=["ROLE_EVENT_READ"])
    path = f"{APPLICATIONS}/{wants}"
    assert subscribe(management, "acme", path).status_code == 422
    assert checked.delete(f"{roles}/ROLE_EVENT_READ").status_code == 200
    assert subscribe(management, "acme", path).status_code == 201
    assert checked.delete(f"{roles}/ROLE_EVENT_READ").status_code == 404
    assert checked.put(roles, "application/json", ["ROLE_NOBODY"]).status_code == 422
