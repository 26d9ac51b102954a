"""Applications, what belongs to them, and the current one."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from sdk import (
    Application,
    ApplicationAvailability,
    ApplicationSubscription,
    ApplicationType,
    CumulocityClient,
)
from tests.sdk.server import Server, Serving, answer, lines

APPLICATION = {
    "id": "12",
    "name": "pumps",
    "key": "pumps-key",
    "type": "MICROSERVICE",
    "availability": "MARKET",
    "contextPath": "pumps-path",
    "owner": {"tenant": {"id": "t1"}},
    "manifest": {"apiVersion": "v2"},
    "requiredRoles": ["ROLE_ALARM_READ"],
}
USER = {"tenant": "t9", "name": "servicebootstrap_pumps", "password": "geheim"}


def test_an_application_is_made_of_its_properties() -> None:
    made = Application(
        name="pumps",
        key="k",
        type=ApplicationType.HOSTED,
        availability="PRIVATE",
        context_path="pumps",
        manifest={"a": 1},
        roles=["R1"],
        required_roles=("R2",),
        breadcrumbs=True,
        content_security_policy="none",
        dynamic_options_url="/x.json",
        global_title="Pumps",
        legacy=False,
        right_drawer=True,
        upgrade=False,
    )
    assert made.to_json() == {
        "name": "pumps",
        "key": "k",
        "type": "HOSTED",
        "availability": "PRIVATE",
        "contextPath": "pumps",
        "manifest": {"a": 1},
        "roles": ["R1"],
        "requiredRoles": ["R2"],
        "breadcrumbs": True,
        "contentSecurityPolicy": "none",
        "dynamicOptionsUrl": "/x.json",
        "globalTitle": "Pumps",
        "legacy": False,
        "rightDrawer": True,
        "upgrade": False,
    }
    assert (made.roles, made.right_drawer, made.legacy) == (["R1"], True, False)


def test_an_application_is_created_changed_and_deleted(serving: Serving) -> None:
    server, c8y = serving(APPLICATION)
    app = Application(c8y, name="pumps", key="pumps-key", type="MICROSERVICE").create()
    assert (app.id, app.type, app.owner) == ("12", ApplicationType.MICROSERVICE, "t1")
    assert app.availability is ApplicationAvailability.MARKET
    app.required_roles.append("ROLE_EVENT_READ")
    app.update()
    c8y.applications.apply_to(app, "13")
    app.delete()
    c8y.applications.delete(app, "13", force=True)
    assert lines(server) == [
        "POST /application/applications",
        "PUT /application/applications/12",
        "PUT /application/applications/13",
        "DELETE /application/applications/12",
        "DELETE /application/applications/12?force=true",
        "DELETE /application/applications/13?force=true",
    ]
    assert server.requests[1].endswith(b'{"requiredRoles":["ROLE_ALARM_READ","ROLE_EVENT_READ"]}')
    applied = json.loads(server.requests[2].partition(b"\r\n\r\n")[2])
    assert applied.keys().isdisjoint({"id", "owner", "type"})


@pytest.mark.parametrize(
    ("properties", "category"),
    [
        ({"manifest": {"settingsCategory": "mine"}, "context_path": "path", "name": "name"}, "mine"),
        ({"manifest": {"settingsCategory": " "}, "context_path": "path", "name": "name"}, "path"),
        ({"manifest": {"contextPath": "other"}, "name": "name"}, "other"),
        ({"name": "name"}, "name"),
        ({}, None),
    ],
)
def test_the_category_of_an_application_is_found_as_the_platform_finds_it(
    properties: dict[str, Any], category: str | None
) -> None:
    assert Application(**properties).resolve_tenant_option_category() == category


def test_applications_are_listed_by_many_filters(serving: Serving) -> None:
    server, c8y = serving({"applications": [APPLICATION]})
    [app] = c8y.applications.get_all(
        name="a b", type=["HOSTED", "MICROSERVICE"], provided_for="t2", has_versions=True
    )
    assert app.name == "pumps"
    for call in ("name", "owner", "tenant", "user"):
        assert getattr(c8y.applications, f"get_by_{call}")("x/y")[0].id == "12"
    first, *rest = lines(server)
    for word in ("name=a%20b", "type=HOSTED%2CMICROSERVICE", "providedFor=t2", "hasVersions=true"):
        assert word in first
    assert [line.split("?")[0] for line in rest] == [
        "GET /application/applicationsByName/x%2Fy",
        "GET /application/applicationsByOwner/x%2Fy",
        "GET /application/applicationsByTenant/x%2Fy",
        "GET /application/applicationsByUser/x%2Fy",
    ]


def test_tenants_subscribe_to_applications(serving: Serving) -> None:
    server, c8y = serving({}, {}, {}, {"references": [{"application": APPLICATION}, APPLICATION]})
    c8y.applications.subscribe("12")
    c8y.applications.subscribe(Application.from_json(APPLICATION), "t2")
    c8y.applications.unsubscribe("12", "t2")
    assert [one.name for one in c8y.applications.get_subscribed()] == ["pumps", "pumps"]
    assert [line.split("?")[0] for line in lines(server)] == [
        "POST /tenant/tenants/t1/applications",
        "POST /tenant/tenants/t2/applications",
        "DELETE /tenant/tenants/t2/applications/12",
        "GET /tenant/tenants/t1/applications",
    ]
    reference = json.loads(server.requests[0].partition(b"\r\n\r\n")[2])
    assert reference == {"application": {"self": f"{server.url}/application/applications/12"}}
    with (
        CumulocityClient(server.url, "", None) as nowhere,
        pytest.raises(ValueError, match="tenant_id"),
    ):
        nowhere.applications.subscribe("12")


def test_the_current_application(serving: Serving) -> None:
    settings = [{"key": "a", "defaultValue": "1", "editable": True, "inheritFromOwner": False}]
    server, c8y = serving(APPLICATION, settings, {"a": "1"}, {"users": [USER]}, APPLICATION)
    assert c8y.applications.get_current().name == "pumps"
    for _ in range(2):
        [setting] = c8y.applications.get_current_settings()
        assert (setting.key, setting.default_value) == ("a", "1")
    [subscription] = c8y.applications.get_current_subscriptions()
    assert (subscription.tenant_id, subscription.username) == ("t9", "servicebootstrap_pumps")
    assert c8y.applications.update_current({"name": "x"}).id == "12"
    assert lines(server)[-2:] == [
        "GET /application/currentApplication/subscriptions",
        "PUT /application/currentApplication",
    ]


def test_the_credentials_of_an_application_are_usable_but_not_shown(serving: Serving) -> None:
    server, c8y = serving(USER)
    user = c8y.applications.get_bootstrap_user("12")
    assert lines(server) == ["GET /application/applications/12/bootstrapUser"]
    assert user.password == "geheim"
    assert "geheim" not in repr(user) + str(user) + repr(user.auth)
    assert user.auth.get_tenant_id() == "t9"
    with pytest.raises(ValueError, match="credentials"):
        ApplicationSubscription.from_json({"tenant": "t9"}).auth  # noqa: B018


def test_archives_and_versions_of_an_application(serving: Serving, tmp_path: Path) -> None:
    attachment = {"id": "5", "name": "pumps.zip", "length": 3, "created": "2026-01-01T00:00:00Z"}
    version = {"version": "1.0", "binaryId": "5", "tags": ["latest"]}
    server, c8y = serving(
        APPLICATION, {"attachments": [attachment]}, {}, {"versions": [version]}, version, version, version, {}
    )
    apps = c8y.applications
    assert apps.upload_attachment("12", io.BytesIO(b"zip")).id == "12"
    [binary] = apps.get_binaries("12")
    assert (binary.id, binary.name, binary.length) == ("5", "pumps.zip", 3)
    apps.delete_binary("12", "5")
    assert [one.tags for one in apps.get_versions("12")] == [["latest"]]
    assert apps.get_version("12", tag="latest").binary_id == "5"
    assert apps.create_version("12", io.BytesIO(b"zip"), "1.0", "latest").version == "1.0"
    assert apps.set_version_tags("12", "1.0", "old", "older").version == "1.0"
    apps.delete_version("12", version="1.0")
    assert lines(server) == [
        "POST /application/applications/12/binaries",
        "GET /application/applications/12/binaries",
        "DELETE /application/applications/12/binaries/5",
        "GET /application/applications/12/versions",
        "GET /application/applications/12/versions?tag=latest",
        "POST /application/applications/12/versions",
        "PUT /application/applications/12/versions/1.0",
        "DELETE /application/applications/12/versions?version=1.0",
    ]
    assert b'name="applicationBinary"; filename="file"' in server.requests[5]
    assert b'{"version":"1.0","tags":["latest"]}' in server.requests[5]
    assert server.requests[6].endswith(b'{"tags":["old","older"]}')
    with pytest.raises(ValueError, match="number or by a tag"):
        apps.delete_version("12")
    with pytest.raises(ValueError, match="number or by a tag"):
        apps.get_version("12", version="1", tag="x")


def test_an_application_is_cloned_and_its_archive_received(serving: Serving, tmp_path: Path) -> None:
    server, c8y = serving(APPLICATION)
    assert c8y.applications.clone("11", tag="latest").id == "12"
    assert lines(server) == ["POST /application/applications/11/clone?tag=latest"]
    with pytest.raises(ValueError, match="Either"):
        c8y.applications.clone("11", tag="latest", version="1")
    with Server(answer(b"zip")) as archive, CumulocityClient(archive.url, "t1", None) as other:
        assert other.applications.download_binary("12", "5", tmp_path / "a.zip") == 3
    assert (tmp_path / "a.zip").read_bytes() == b"zip"
