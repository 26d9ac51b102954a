"""Login options, features, retention rules and device permissions."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

LOGIN = "/tenant/loginOptions"
SSO = {
    "type": "OAUTH2",
    "providerName": "Keycloak",
    "clientId": "secret-client",
    "grantType": "AUTHORIZATION_CODE",
}


def sign_in(sandbox: Sandbox, agent: str = "tests") -> requests.Session:
    session = requests.Session()
    session.mount("http://acme.sandbox", sandbox.adapter())
    session.headers["User-Agent"] = agent
    password = sandbox.tenant("acme").passwords["reader"]
    form = {"grant_type": "PASSWORD", "username": "reader", "password": password}
    token = session.post("http://acme.sandbox/tenant/oauth/token", data=form).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    return session


@pytest.mark.fact("answer.same-login")
def test_single_sign_on_is_configured_and_its_secrets_stay_inside(checked: Door) -> None:
    made = checked.post(LOGIN, "authconfig", SSO)
    assert (made.status_code, made.json()["clientId"]) == (200, "secret-client")
    again = checked.post(LOGIN, "authconfig", SSO)
    assert (again.status_code, again.json()["error"]) == (400, "tenant/duplicate")
    public = requests.Session()
    public.mount(checked.base, checked.session.get_adapter(checked.base))
    listed = public.get(checked.base + LOGIN)
    assert [found["type"] for found in listed.json()["loginOptions"]] == [
        "OAUTH2_INTERNAL",
        "BASIC",
        "OAUTH2",
    ]
    assert "secret-client" not in listed.text
    path = f"{LOGIN}/oauth2"
    assert checked.get(path).json()["providerName"] == "Keycloak"
    changed = checked.put(path, "authconfig", SSO | {"id": "any", "buttonName": "Sign in"})
    assert (changed.status_code, changed.json()["buttonName"]) == (200, "Sign in")
    assert checked.delete(path).status_code == 204
    assert checked.get(path).status_code == 404


def test_wrong_login_options_change_nothing(checked: Door, acme: Tenant) -> None:
    for wrong in (
        {"type": "SMOKE"},
        {"providerName": ""},
        {"grantType": "BEG"},
        {"sessionConfiguration": [1]},
    ):
        assert checked.post(LOGIN, "authconfig", SSO | wrong).status_code == 422
    limits = {"maximumNumberOfParallelSessions": 0, "absoluteTimeoutMillis": 1}
    body = {
        "id": "x",
        "type": "OAUTH2_INTERNAL",
        "providerName": "Cumulocity",
        "sessionConfiguration": limits,
    }
    assert checked.put(f"{LOGIN}/OAUTH2_INTERNAL", "authconfig", body).status_code == 422
    assert list(acme.login_options) == ["OAUTH2_INTERNAL", "BASIC"]
    assert acme.session_rules.absolute > 1


@pytest.mark.parametrize(("ends", "status"), [("", 401), ("?terminateUserSessions=false", 200)])
def test_new_session_limits_end_the_sessions(checked: Door, sandbox: Sandbox, ends: str, status: int) -> None:
    session = sign_in(sandbox)
    limits = {"maximumNumberOfParallelSessions": 2, "userAgentValidationRequired": True}
    body = {
        "id": "x",
        "type": "OAUTH2_INTERNAL",
        "providerName": "Cumulocity",
        "sessionConfiguration": limits,
    }
    changed = checked.put(f"{LOGIN}/OAUTH2_INTERNAL{ends}", "authconfig", body)
    assert changed.json()["sessionConfiguration"]["maximumNumberOfParallelSessions"] == 2
    assert session.get("http://acme.sandbox/user/currentUser").status_code == status
    session = sign_in(sandbox)
    session.headers["User-Agent"] = "another"
    assert session.get("http://acme.sandbox/user/currentUser").status_code == 401


def test_clients_can_be_kept_from_basic_authentication(checked: Door, sandbox: Sandbox) -> None:
    limits = {"forbiddenClients": ["WEB_BROWSERS"], "trustedUserAgents": ["Mozilla/5.0 kiosk"]}
    body = {"id": "x", "type": "BASIC", "providerName": "Cumulocity", "authenticationRestrictions": limits}
    assert checked.put(f"{LOGIN}/BASIC", "authconfig", body).status_code == 200
    browser = Door(sandbox, "reader")
    for agent, status in (("Mozilla/5.0 x", 401), ("Mozilla/5.0 kiosk", 200), ("curl/8", 200)):
        assert browser.get("/user/currentUser", headers={"User-Agent": agent}).status_code == status


def test_the_management_tenant_can_keep_a_login_option_to_itself(management: Door, checked: Door) -> None:
    path = f"{LOGIN}/BASIC/restrict?targetTenant=acme"
    wanted = {"onlyManagementTenantAccess": True}
    assert checked.put(path, "application/json", wanted).status_code == 403
    assert management.put(path, "application/json", wanted).json()["onlyManagementTenantAccess"] is True
    assert checked.get(f"{LOGIN}/BASIC").status_code == 403
    assert checked.delete(f"{LOGIN}/BASIC").status_code == 403
    assert management.put(path.replace("acme", "x"), "application/json", wanted).status_code == 404


WHEN = {"operator": "EQ", "parameterPath": "group", "value": "staff"}
MAPPINGS = [
    ("accessMapping", {"thenGroups": [1], "thenApplications": [1]}, {"thenGroups": [99]}),
    (
        "inventoryAccessMapping",
        {"thenInventoryRoles": [{"managedObject": "1001", "roleIds": [1]}]},
        {"thenInventoryRoles": [{"managedObject": "1001", "roleIds": [99]}]},
    ),
]


@pytest.mark.parametrize(("kind", "then", "wrong"), MAPPINGS)
def test_access_mappings(checked: Door, acme: Tenant, kind: str, then: Any, wrong: Any) -> None:
    checked.post(LOGIN, "authconfig", SSO)
    every, nested = f"{LOGIN}/OAUTH2/{kind}s", {"operator": "AND", "childPredicates": [WHEN]}
    body = {"when": {"operator": "AND", "childPredicates": WHEN}} | then
    made = checked.post(every, kind, body)
    assert made.status_code == 200, made.text
    path = f"{every}/{made.json()['id']}"
    assert [found["id"] for found in checked.get(every).json()[f"{kind}s"]] == [made.json()["id"]]
    assert checked.put(path, kind, body).status_code == 200
    assert checked.get(path).json()["when"]["operator"] == "AND"
    assert checked.post(every, kind, body | wrong).status_code == 422
    assert checked.post(every, kind, {"when": nested | {"operator": "?"}} | then).status_code == 422
    assert checked.delete(path).status_code == 204
    assert checked.get(path).status_code == 404
    assert checked.get(f"{LOGIN}/BASIC/{kind}s").status_code == 422
    checked.post(every, kind, body)
    checked.delete(f"{LOGIN}/OAUTH2")
    assert acme.access_mappings == {}


@pytest.mark.fact("feature.toggles")
def test_features_are_switched_by_phase(checked: Door, management: Door) -> None:
    keys = {found["key"]: found for found in checked.get("/features").json()}
    assert keys["mqtt-service"] == {
        "key": "mqtt-service", "phase": "PRIVATE_PREVIEW", "active": False, "strategy": "DEFAULT",
    }  # fmt: skip
    path, public = "/features/mqtt-service/by-tenant", "/features/dm.certificate-authority"
    assert checked.put(path, "application/json", {"active": True}).status_code == 403
    assert management.put(f"{path}/acme", "application/json", {"active": True}).status_code == 200
    assert checked.get("/features/mqtt-service").json()["active"] is True
    assert management.get(path).json() == [{"tenantId": "acme", "active": True}]
    assert management.delete(f"{path}/acme").status_code == 200
    assert checked.get("/features/mqtt-service").json()["strategy"] == "DEFAULT"
    assert checked.put(f"{public}/by-tenant", "application/json", {"active": False}).status_code == 200
    assert checked.get(public).json()["strategy"] == "TENANT"
    assert checked.delete(f"{public}/by-tenant").status_code == 200
    assert checked.get(f"{public}/by-tenant").status_code == 403
    assert checked.get("/features/unknown").status_code == 404
    assert management.put(f"{path}/nowhere", "application/json", {"active": True}).status_code == 404


RETENTION = "/retention/retentions"


def test_the_life_of_a_retention_rule(checked: Door, acme: Tenant) -> None:
    made = checked.post(RETENTION, "retentionrule", {"dataType": "ALARM", "maximumAge": 20})
    assert (made.status_code, made.json()["source"], made.json()["editable"]) == (201, "*", True)
    path = f"{RETENTION}/{made.json()['id']}"
    assert checked.put(path, "retentionrule", {"maximumAge": 30}).json()["dataType"] == "ALARM"
    assert checked.get(f"{RETENTION}?withTotalElements=true").json()["statistics"]["totalElements"] == 2
    assert checked.delete(path).status_code == 204
    assert checked.get(path).status_code == 404
    acme.retention["1"]["editable"] = False
    assert checked.put(f"{RETENTION}/1", "retentionrule", {"maximumAge": 1}).status_code == 403
    assert checked.delete(f"{RETENTION}/1").status_code == 403
    for wrong in (
        {},
        {"maximumAge": 0},
        {"maximumAge": 3651},
        {"maximumAge": 1, "dataType": "TEA"},
        {"maximumAge": "1"},
    ):
        assert checked.post(RETENTION, "retentionrule", wrong).status_code == 422
    assert list(acme.retention) == ["1"]


def test_device_permissions_open_one_device(checked: Door, sandbox: Sandbox, agent: str) -> None:
    path, device = f"/user/devicePermissions/{agent}", f"/inventory/managedObjects/{agent}"
    nobody = sandbox.tenant("acme").groups[4]["id"]
    checked.post(
        "/user/acme/users", "user", {"userName": "temp", "email": "t@x.example", "password": "secret-123"}
    )
    temp = Door(sandbox, "temp")
    assert temp.get(device).status_code == 403
    users = [{"userName": "temp", "devicePermissions": {agent: ["MANAGED_OBJECT:*:READ"]}}]
    groups = [{"id": str(nobody), "devicePermissions": {agent: ["ALARM:*:ADMIN"]}}]
    body = {"users": users, "groups": groups}
    assert checked.put(path, "application/json", body).status_code == 200
    assert temp.get(device).status_code == 200
    assert temp.put(device, "managedobject", {"name": "x"}).status_code == 403
    shown = checked.get(path).json()
    assert [found["userName"] for found in shown["users"]] == ["temp"]
    assert shown["groups"][0]["devicePermissions"] == {agent: ["ALARM:*:ADMIN"]}
    wrong = {"users": [{"userName": "temp"}], "groups": [{"id": "99", "devicePermissions": {}}]}
    assert checked.put(path, "application/json", wrong).status_code == 422
    assert temp.get(device).status_code == 200
    assert checked.put(path, "application/json", {"users": [{"userName": "temp"}]}).status_code == 200
    assert temp.get(device).status_code == 403
    assert checked.put("/user/devicePermissions/0", "application/json", {}).status_code == 404


def test_an_audit_record_names_the_application_that_acted(checked: Door, sandbox: Sandbox) -> None:
    weather = next(app for app in sandbox.applications.values() if app.name == "weather")
    body = {"name": "Pump"}
    key = {"X-Cumulocity-Application-Key": str(weather.document["key"])}
    made = checked.post("/inventory/managedObjects", "managedobject", body, headers=key).json()["id"]
    [record] = checked.get(f"/audit/auditRecords?source={made}&application=weather").json()["auditRecords"]
    assert (record["application"], record["user"]) == ("weather", "admin")
    other = checked.post("/inventory/managedObjects", "managedobject", body).json()["id"]
    [record] = checked.get(f"/audit/auditRecords?source={other}").json()["auditRecords"]
    assert "application" not in record
