"""Applications, options and the tenant itself."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import sdk
from sdk.model.applications import Applications
from sdk.model.login_options import AccessMappings
from tests.sdk.tours.guide import PASSWORD, SINGLE_SIGN_ON, Guide


def applications(guide: Guide) -> None:
    every = guide.c8y.applications
    known = {"type": "HOSTED", "availability": "MARKET"}
    one = sdk.Application(guide.c8y, name="one", key="one", context_path="one", **known).create()
    [two] = every.create(sdk.Application(name="two", key="two", context_path="two", **known))
    one["description"] = "uno"
    one.update()
    two["description"] = "due"
    every.update(two)
    assert (one.reload().description, every.get(str(two.id)).description) == ("uno", "due")
    assert one.resolve_tenant_option_category() == "one"
    assert {found.name for found in every.get_all(owner="acme", type="HOSTED")} == {"one", "two"}
    assert [found.name for found in every.select(name="two")] == ["two"]
    archives(every, one)
    assert guide.management.applications.get_subscribed("acme")
    versioned(every, one)
    every.subscribe(two)
    assert two.id in {found.id for found in every.get_by_owner("acme")}
    assert two.id in {found.id for found in every.get_by_tenant("acme")}
    assert every.get_by_user("admin") is not None
    every.unsubscribe(two)
    copy = every.clone(two)
    copy.delete()
    every.delete(one, str(two.id), force=True)
    microservice(guide)


def versioned(every: Applications, one: sdk.Application) -> None:
    for number, tag in (("1.0.0", "latest"), ("1.1.0", "next")):
        every.create_version(one, packed(number), number, tag)
    assert every.set_version_tags(one, "1.1.0", "old").version == "1.1.0"
    assert every.get_version(one, tag="old").version == "1.1.0"
    every.delete_version(one, version="1.1.0")


def packed(content: str) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("index.html", content)
        archive.writestr("cumulocity.json", '{"name": "one"}')
    file.seek(0)
    return file


def archives(every: Applications, one: sdk.Application) -> None:
    for text in ("hello", "world"):
        active = every.upload_attachment(one, packed(text)).active_version_id
    old = next(found.id for found in every.get_binaries(one) if found.id != active)
    assert every.download_binary(one, str(old), io.BytesIO()) > 0
    every.delete_binary(one, str(old))
    assert every.get_versions(one) is not None


def microservice(guide: Guide) -> None:
    every = guide.c8y.applications
    [weather] = every.get_by_name("weather")
    itself = guide.connect(auth=every.get_bootstrap_user(weather).auth).applications
    assert itself.get_current().name == "weather"
    assert itself.update_current({"description": "d"}).description == "d"
    assert isinstance(itself.get_current_settings(), list)
    assert {found.tenant_id for found in itself.get_current_subscriptions()} == {"acme", "globex"}


def options(guide: Guide) -> None:
    every = guide.c8y.tenant_options
    one = sdk.TenantOption(guide.c8y, category="c", key="one", value="1").create()
    [two] = every.create(sdk.TenantOption(category="c", key="two", value="2", encrypted=True))
    one.value = "uno"
    one.update()
    two.value = "due"
    every.update(two)
    every.update_values("c", {"three": "3"})
    every.set_value("c", "three", "tre")
    assert one.reload().value == every.get("c", "one").value == "uno"
    assert (
        every.get_value("c", "three")
        == every.get_values("c")["three"]
        == every.as_map()["c"]["three"]
        == "tre"
    )
    found = {(each.category, each.key) for each in every.select(limit=None)}
    assert found == {(each.category, each.key) for each in every.get_all(limit=None)}
    every.delete(two, category="c", key="three")
    one.delete()
    sdk.TenantOption(guide.c8y, category="c", key="k", value="v").create()
    guide.management.tenant_options.set_editable("c", "k", False, "acme")
    system = guide.c8y.system_options
    assert system.get("system", "version").value == system.get_value("system", "version")
    assert system.get_all()


def tenant(guide: Guide) -> None:
    every = guide.management.tenants
    known = {"company": "New", "admin_name": "boss", "admin_pass": PASSWORD, "admin_email": "a@b.example"}
    one = sdk.Tenant(guide.management, domain="one.sandbox", **known).create()
    [two] = every.create(sdk.Tenant(domain="two.sandbox", **known))
    one.contact_name = "Ada"
    one.update()
    two.contact_name = "Bob"
    every.update(two)
    assert (one.reload().contact_name, every.get(str(two.id)).contact_name) == ("Ada", "Bob")
    assert [found.id for found in every.get_all(domain="one.sandbox")] == [one.id]
    assert two.id in {found.id for found in every.select(limit=None)}
    one.delete()
    every.delete(two)
    own = guide.c8y.tenants
    own.set_tfa("TOTP")
    assert (own.get_current().id, own.get_tfa().strategy) == ("acme", "TOTP")
    own.set_restricted_roles("ROLE_ALARM_ADMIN")
    own.add_restricted_role("ROLE_EVENT_ADMIN")
    own.remove_restricted_role("ROLE_ALARM_ADMIN")
    assert own.get_restricted_roles() == ["ROLE_EVENT_ADMIN"]
    rules(guide)
    sign_in_and_features(guide)


def rules(guide: Guide) -> None:
    every = guide.c8y.retention_rules
    one = sdk.RetentionRule(guide.c8y, data_type="EVENT", maximum_age=10, type="one").create()
    [two] = every.create(sdk.RetentionRule(data_type="ALARM", maximum_age=10, type="two"))
    one.maximum_age = 11
    one.update()
    two.maximum_age = 12
    every.update(two)
    assert (one.reload().maximum_age, every.get(str(two.id)).maximum_age) == (11, 12)
    assert every.get_count() == len(every.get_all(limit=None)) == len(list(every.select(limit=None)))
    one.delete()
    every.delete(two)


def sign_in_and_features(guide: Guide) -> None:
    every = guide.c8y.login_options
    made = every.create(sdk.LoginOption(**SINGLE_SIGN_ON))
    key = str(made.id or made.type)
    made["buttonName"] = "Sign in"
    every.update(made)
    assert every.get(key)["buttonName"] == "Sign in"
    assert "OAUTH2" in {one.type for one in every.get_all()}
    guide.management.login_options.restrict(key, "acme", only_management=False)
    ruled(every.access_mappings, key, {"thenGroups": [1], "thenApplications": []})
    roles = [{"managedObject": str(guide.device().id), "roleIds": [1]}]
    ruled(every.inventory_access_mappings, key, {"thenInventoryRoles": roles})
    every.delete(key)
    features = guide.management.features
    name = str(features.get_all()[0].key)
    was = features.get(name).active is True
    features.set(name, not was)
    assert features.is_active(name) is not was
    assert features.get_by_tenant(name)["management"] is not was
    features.unset(name)
    features.set(name, True, "acme")
    features.unset(name, "acme")


def ruled(rules: AccessMappings, key: str, then: dict[str, Any]) -> None:
    when = {"operator": "EQ", "parameterPath": "role", "value": "admin"}
    rule = str(rules.create(key, {"when": when, **then}).id)
    assert [one.id for one in rules.get_all(key)] == [rule]
    rules.update(key, rule, {"when": when, **then})
    assert rules.get(key, rule)["when"]["value"] == "admin"
    rules.delete(key, rule)


def statistics(guide: Guide) -> None:
    every = guide.management.tenant_statistics
    assert len(every.get_all_usage_statistics()) == len(list(every.select_usage_statistics()))
    assert (every.get_usage_summary("acme").device_count or 0) > 0
    assert "acme" in {one.tenant_id for one in every.get_usage_summary_all_tenants()}
    own = guide.c8y.tenant_statistics
    daily = own.get_all_daily_device_statistics(limit=None)
    assert [one.device_id for one in own.select_daily_device_statistics()] == [one.device_id for one in daily]
    monthly = own.get_all_monthly_device_statistics(limit=None)
    assert len(list(own.select_monthly_device_statistics())) == len(monthly)
    made = every.generate("2026-11-01", "2026-11-10")
    assert made.id in {one.id for one in every.get_all_files(limit=None)}
    assert made.id in {one.id for one in every.select_files(limit=None)}
    kept, latest = io.BytesIO(), io.BytesIO()
    assert every.get_file(str(made.id), kept) > 0
    assert every.get_latest_file(latest, datetime.now(UTC).date().replace(day=1) - timedelta(days=1)) > 0
