"""Tenants, their second factor, their features, and how people sign in."""

from __future__ import annotations

import pytest

from sdk import CumulocityClient, Forbidden, Invalid, LoginOption, NotFound, Tenant, TenantStatus
from tests.sdk.server import Serving, body_of, lines
from tests.sdk.tours.guide import SINGLE_SIGN_ON

TENANT = {
    "id": "t2",
    "domain": "two.example",
    "company": "Two",
    "status": "SUSPENDED",
    "parent": "t1",
    "customProperties": {"a": 1},
    "applications": {"references": [{"application": {"name": "cockpit"}}, {"name": "pumps"}]},
}


def test_tenants_are_created_found_changed_and_deleted(serving: Serving) -> None:
    page = {"tenants": [TENANT], "statistics": {"totalElements": 1}}
    server, c8y = serving(TENANT, page, page, TENANT)
    made = Tenant(
        c8y,
        domain="two.example",
        company="Two",
        admin_name="admin",
        admin_email="a@b.example",
        admin_pass="geheim",
        contact_name="N",
        contact_phone="1",
    )
    tenant = made.create()
    assert (tenant.id, tenant.status, tenant.parent) == ("t2", TenantStatus.SUSPENDED, "t1")
    assert (tenant.applications, tenant.owned_applications) == (["cockpit", "pumps"], [])
    assert "geheim" not in repr(made)
    assert [one.domain for one in c8y.tenants.get_all(company="Two", domain="two.example", parent="t1")] == [
        "two.example"
    ]
    assert c8y.tenants.get_count(company="Two") == 1
    tenant.contact_name = "M"
    tenant.update()
    c8y.tenants.delete("t2")
    assert [line.split("?")[0] for line in lines(server)] == [
        "POST /tenant/tenants",
        "GET /tenant/tenants",
        "GET /tenant/tenants",
        "PUT /tenant/tenants/t2",
        "DELETE /tenant/tenants/t2",
    ]
    assert body_of(server.requests[3]) == {"contactName": "M"}
    with pytest.raises(ValueError, match="needs domain and company"):
        Tenant(c8y, admin_name="x").create()


def test_the_second_factor_of_a_tenant(c8y: CumulocityClient, calls: list[str]) -> None:
    settings = c8y.tenants.get_tfa()
    assert (settings.strategy, settings.enabled, settings.enabled_on_system) == ("TOTP", True, True)
    c8y.tenants.set_tfa("SMS")
    assert c8y.tenants.get_tfa("acme").strategy == "SMS"
    with pytest.raises(Forbidden):
        c8y.tenants.get_tfa("globex")
    sent = len(calls)
    with pytest.raises(ValueError, match="SMS or TOTP"):
        c8y.tenants.set_tfa("MAIL")
    assert len(calls) == sent
    with (
        CumulocityClient("http://127.0.0.1:1", "", None) as nowhere,
        pytest.raises(ValueError, match="tenant_id"),
    ):
        nowhere.tenants.get_tfa()


def test_features_are_read_and_chosen(serving: Serving) -> None:
    feature = {"key": "a/b", "phase": "PUBLIC_PREVIEW", "active": True, "strategy": "DEFAULT"}
    chosen = [{"tenantId": "t1", "active": True}]
    server, c8y = serving([feature], feature, feature, chosen, {})
    assert [one.key for one in c8y.features.get_all()] == ["a/b"]
    assert c8y.features.get("a/b").phase == "PUBLIC_PREVIEW"
    assert c8y.features.is_active("a/b")
    assert c8y.features.get_by_tenant("a/b") == {"t1": True}
    c8y.features.set("a/b", False)
    c8y.features.set("a/b", True, "t2")
    c8y.features.unset("a/b")
    c8y.features.unset("a/b", "t2")
    assert lines(server)[2:] == [
        "GET /features/a%2Fb",
        "GET /features/a%2Fb/by-tenant",
        "PUT /features/a%2Fb/by-tenant",
        "PUT /features/a%2Fb/by-tenant/t2",
        "DELETE /features/a%2Fb/by-tenant",
        "DELETE /features/a%2Fb/by-tenant/t2",
    ]
    assert body_of(server.requests[4]) == {"active": False}


def test_ways_to_sign_in_are_read_by_anybody(c8y: CumulocityClient) -> None:
    assert {"BASIC", "OAUTH2_INTERNAL"} <= {one.type for one in c8y.login_options.get_all(tenant_id="acme")}


def test_ways_to_sign_in_are_configured(serving: Serving) -> None:
    option = {"id": "5", "type": "OAUTH2", "providerName": "azure", "clientId": "c"}
    server, c8y = serving(option)
    assert c8y.login_options.create(LoginOption(type="OAUTH2", providerName="azure")).id == "5"
    read = c8y.login_options.get("OAUTH2")
    read["clientId"] = "d"
    c8y.login_options.update(read, terminate_user_sessions=True)
    c8y.login_options.restrict("OAUTH2", "t2", only_management=True)
    c8y.login_options.delete("5")
    assert lines(server) == [
        "POST /tenant/loginOptions",
        "GET /tenant/loginOptions/OAUTH2",
        "PUT /tenant/loginOptions/5?terminateUserSessions=true",
        "PUT /tenant/loginOptions/OAUTH2/restrict?targetTenant=t2",
        "DELETE /tenant/loginOptions/5",
    ]
    assert body_of(server.requests[2]) == {**option, "clientId": "d"}
    assert body_of(server.requests[3]) == {"onlyManagementTenantAccess": True}


@pytest.mark.parametrize("kind", ["accessMapping", "inventoryAccessMapping"])
def test_rules_give_rights_to_those_who_sign_in(serving: Serving, kind: str) -> None:
    rule = {"id": "7", "when": {"operator": "AND"}, "thenGroups": [1]}
    server, c8y = serving({f"{kind}s": [rule]}, rule)
    options = c8y.login_options
    rules = options.access_mappings if kind == "accessMapping" else options.inventory_access_mappings
    assert [one.id for one in rules.get_all("OAUTH2")] == ["7"]
    assert rules.get("OAUTH2", "7")["thenGroups"] == [1]
    assert rules.create("OAUTH2", {"thenGroups": [1]}, terminate_user_sessions=False).id == "7"
    assert rules.update("OAUTH2", "7", {"thenGroups": [2]}).id == "7"
    rules.delete("OAUTH2", "7", terminate_user_sessions=True)
    place = f"/tenant/loginOptions/OAUTH2/{kind}s"
    assert lines(server) == [
        f"GET {place}",
        f"GET {place}/7",
        f"POST {place}?terminateUserSessions=false",
        f"PUT {place}/7",
        f"DELETE {place}/7?terminateUserSessions=true",
    ]


def test_the_management_tenant_rules_over_the_others(management: CumulocityClient) -> None:
    tenants = management.tenants
    known = {
        "company": "New",
        "admin_name": "boss",
        "admin_pass": "Secret-123!",
        "admin_email": "a@b.example",
    }
    made = Tenant(management, domain="new.sandbox", **known).create()
    assert (made.status, made.parent) == (TenantStatus.ACTIVE, "management")
    assert {"acme", "globex", made.id} <= {one.id for one in tenants.select(limit=None)}
    assert [one.id for one in tenants.get_all(domain="new.sandbox")] == [made.id]
    made.contact_name = "Ada"
    made.update()
    assert tenants.get(str(made.id)).contact_name == "Ada"
    made.delete()
    with pytest.raises(NotFound):
        tenants.get(str(made.id))
    assert tenants.get_tfa("acme").strategy == "TOTP"


def test_features_live_in_the_tenant(management: CumulocityClient) -> None:
    feature = next(one for one in management.features.get_all() if one.key)
    key, was = str(feature.key), feature.active is True
    management.features.set(key, not was)
    assert management.features.is_active(key) is not was
    assert management.features.get(key).strategy == "TENANT"
    management.features.set(key, not was, "acme")
    assert management.features.get_by_tenant(key)["acme"] is not was
    management.features.unset(key, "acme")
    management.features.unset(key)
    assert management.features.is_active(key) is was
    with pytest.raises(NotFound):
        management.features.get("no such feature")


def test_single_sign_on_is_configured_with_its_rules(c8y: CumulocityClient) -> None:
    made = c8y.login_options.create(LoginOption(**SINGLE_SIGN_ON))
    key = str(made.id or made.type)
    made["buttonName"] = "Sign in"
    assert c8y.login_options.update(made)["buttonName"] == "Sign in"
    assert c8y.login_options.get(key)["providerName"] == "azure"
    rules = c8y.login_options.access_mappings
    when = {"operator": "EQ", "parameterPath": "role", "value": "admin"}
    rule = rules.create(key, {"when": when, "thenGroups": [1], "thenApplications": []})
    assert [one.id for one in rules.get_all(key)] == [rule.id]
    rules.update(key, str(rule.id), {"when": when, "thenGroups": [1, 2], "thenApplications": []})
    assert rules.get(key, str(rule.id))["thenGroups"] == [1, 2]
    rules.delete(key, str(rule.id))
    assert rules.get_all(key) == []
    c8y.login_options.delete(key)
    with pytest.raises(NotFound):
        c8y.login_options.get(key)


def test_roles_are_kept_from_microservices(c8y: CumulocityClient) -> None:
    every = c8y.tenants
    assert every.get_restricted_roles() == []
    every.set_restricted_roles("ROLE_ALARM_ADMIN", "ROLE_AUDIT_ADMIN")
    every.add_restricted_role("ROLE_ALARM_ADMIN")
    every.add_restricted_role("ROLE_EVENT_ADMIN")
    every.remove_restricted_role("ROLE_AUDIT_ADMIN")
    assert sorted(every.get_restricted_roles()) == ["ROLE_ALARM_ADMIN", "ROLE_EVENT_ADMIN"]
    with pytest.raises(NotFound):
        every.remove_restricted_role("ROLE_AUDIT_ADMIN")
    with pytest.raises(Invalid):
        every.set_restricted_roles("ROLE_NOBODY_KNOWS")
    assert sorted(every.get_restricted_roles("acme")) == ["ROLE_ALARM_ADMIN", "ROLE_EVENT_ADMIN"]
