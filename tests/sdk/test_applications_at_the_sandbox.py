"""Applications at a tenant that answers for itself."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sdk import Application, ApplicationType, Conflict, CumulocityClient, Invalid, NotFound, TenantOption

Connect = Callable[..., CumulocityClient]


def archive(manifest: str = "{}") -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as content:
        content.writestr("cumulocity.json", manifest)
        content.writestr("index.html", "<p>hello</p>")
    packed.seek(0)
    return packed


@pytest.fixture
def app(c8y: CumulocityClient) -> Application:
    known = {"key": "pumps-key", "type": "HOSTED", "context_path": "pumps", "availability": "MARKET"}
    return Application(c8y, name="pumps", **known).create()


def test_an_application_lives_in_the_tenant(c8y: CumulocityClient, app: Application) -> None:
    assert (app.type, app.owner) == (ApplicationType.HOSTED, "acme")
    app["description"] = "for pumps"
    app.update()
    assert c8y.applications.get(str(app.id)).description == "for pumps"
    assert [one.id for one in c8y.applications.get_by_name("pumps")] == [app.id]
    assert app.id in {one.id for one in c8y.applications.select(type="HOSTED", owner="acme", limit=None)}
    assert app.id in {one.id for one in c8y.applications.get_by_owner("acme")}
    assert "cockpit" in {one.name for one in c8y.applications.get_by_tenant("acme")}
    assert "cockpit" in {one.name for one in c8y.applications.get_by_user("admin")}
    assert c8y.applications.get_count(name="pumps") == 1
    with pytest.raises(Conflict):
        c8y.applications.create(
            Application(name="pumps", key="pumps-key", type="HOSTED", context_path="pumps")
        )
    app.delete()
    with pytest.raises(NotFound):
        app.reload()


def test_its_archive_is_uploaded_listed_received_and_deleted(
    c8y: CumulocityClient, app: Application, tmp_path: Path
) -> None:
    apps = c8y.applications
    first = apps.upload_attachment(app, archive()).active_version_id
    second = apps.upload_binary(app, archive()).active_version_id
    assert {one.id for one in apps.get_binaries(app)} == {first, second}
    size = apps.download_binary(app, str(second), tmp_path / "app.zip")
    assert size == len(archive().getvalue())
    assert zipfile.ZipFile(tmp_path / "app.zip").namelist() == ["cumulocity.json", "index.html"]
    apps.delete_binary(app, str(first))
    assert [one.id for one in apps.get_binaries(app)] == [second]


def test_tenants_subscribe_and_then_it_is_not_simply_deleted(
    c8y: CumulocityClient, management: CumulocityClient, app: Application
) -> None:
    apps, seen = c8y.applications, management.applications
    apps.subscribe(app)
    with pytest.raises(Conflict):
        apps.subscribe(str(app.id))
    assert {"cockpit", "pumps"} <= {one.name for one in seen.get_subscribed("acme")}
    seen.subscribe(app, "globex")
    with pytest.raises(Invalid):
        apps.delete(app)
    apps.unsubscribe(app)
    assert app.id not in {one.id for one in seen.get_subscribed("acme")}
    apps.subscribe(app)
    apps.delete(app, force=True)
    with pytest.raises(NotFound):
        apps.get(str(app.id))


def test_a_microservice_learns_who_it_is_and_who_subscribed(c8y: CumulocityClient, connect: Connect) -> None:
    [weather] = c8y.applications.get_by_name("weather")
    bootstrap = c8y.applications.get_bootstrap_user(weather)
    itself = connect(auth=bootstrap.auth)
    assert itself.applications.get_current().name == "weather"
    subscriptions = {one.tenant_id: one for one in itself.applications.get_current_subscriptions()}
    assert set(subscriptions) == {"acme", "globex"}
    service = connect(tenant="globex", auth=subscriptions["globex"].auth)
    assert service.username.startswith("service_")
    assert service.device_inventory.get_count() > 0


def test_a_microservice_reads_its_own_secrets_and_nobody_elses(
    c8y: CumulocityClient, connect: Connect
) -> None:
    [weather] = c8y.applications.get_by_name("weather")
    category = str(weather.resolve_tenant_option_category())
    assert category == "c8y.weather"
    TenantOption(c8y, category=category, key="api", value="geheim", encrypted=True).create()
    assert c8y.tenant_options.get(category, "credentials.api").hidden
    itself = connect(auth=c8y.applications.get_bootstrap_user(weather).auth)
    own = {one.tenant_id: one.auth for one in itself.applications.get_current_subscriptions()}
    assert connect(auth=own["acme"]).tenant_options.get_value(category, "credentials.api") == "geheim"


def test_versions_carry_tags(c8y: CumulocityClient, app: Application) -> None:
    apps = c8y.applications
    apps.create_version(app, archive(), "1.0.0", "latest")
    apps.create_version(app, archive(), "1.1.0", "next")
    assert {one.version: one.tags for one in apps.get_versions(app)} == {
        "1.0.0": ["latest"],
        "1.1.0": ["next"],
    }
    apps.set_version_tags(app, "1.1.0", "preview")
    assert apps.get_version(app, tag="preview").version == "1.1.0"
    assert apps.get_version(app, version="1.1.0").tags == ["preview"]
    apps.delete_version(app, version="1.1.0")
    assert [one.version for one in apps.get_versions(app)] == ["1.0.0"]


def test_an_application_is_cloned(c8y: CumulocityClient, app: Application) -> None:
    clone = c8y.applications.clone(app)
    assert clone.id != app.id
    assert clone.type == app.type
