"""Login options of a tenant."""

from __future__ import annotations

from sdk.sandbox.call import Answer, Call, Json, Refusal, Routes, forbidden, invalid, not_found
from sdk.sandbox.files import bad_request
from sdk.sandbox.store.tenant import Tenant

routes = Routes("tenant")

OPTIONS, OPTION = "/tenant/loginOptions", "/tenant/loginOptions/{typeOrId}"
ADMIN = ("ROLE_TENANT_ADMIN", "ROLE_TENANT_MANAGEMENT_ADMIN")
READ = (*ADMIN, "ROLE_USER_MANAGEMENT_ADMIN", "ROLE_USER_MANAGEMENT_CREATE")
TYPES, SOURCES = ("BASIC", "OAUTH2", "OAUTH2_INTERNAL"), ("INTERNAL", "REMOTE")
GRANTS = ("AUTHORIZATION_CODE", "PASSWORD")
RESTRICTIONS = ("forbiddenClients", "forbiddenUserAgents", "trustedUserAgents")
RESTRICTED = "onlyManagementTenantAccess"
SERVER_ONLY = frozenset(("id", "self", RESTRICTED))
LONGEST_SESSION = 10**13
_PUBLIC = ("id", "type", "grantType", "userManagementSource", "visibleOnLoginPage", "buttonName")


@routes.get(OPTIONS, public=True, produces="loginoptioncollection", wide=True)
def list_login_options(call: Call) -> Answer:
    """What a login page needs to know; secrets of the options stay inside."""
    tenant = call.tenant
    if call.flag("management"):
        if call.text("tenantId"):
            raise bad_request("Only one of management and tenantId can be used.")
        tenant = call.sandbox.tenants["management"]
    found = [_for_the_login_page(call, tenant, option) for option in tenant.login_options.values()]
    return Answer({"loginOptions": found, "self": call.link("tenant", "loginOptions")})


def _for_the_login_page(call: Call, tenant: Tenant, option: Json) -> Json:
    shown = {name: option[name] for name in _PUBLIC if name in option}
    shown |= {"self": call.link("tenant", "loginOptions", option["id"]), "tfaStrategy": "TOTP"}
    if option["type"] == "BASIC":
        strength = {"enforceStrength": False, "greenMinLength": 8, "strengthValidity": False}
        return shown | strength | {"authenticationRestrictions": option["authenticationRestrictions"]}
    shown["loginRedirectDomain"] = tenant.domain
    shown["initRequest"] = f"{call.base}/tenant/oauth?tenant_id={tenant.name}"
    return shown | _session_limits(tenant, option)


def _session_limits(tenant: Tenant, option: Json) -> Json:
    """The limits of OAI-Secure's sessions; other options have none."""
    if option["type"] != "OAUTH2_INTERNAL":
        return {}
    rules = tenant.session_rules
    limits = {
        "absoluteTimeoutMillis": int(rules.absolute * 1000),
        "maximumNumberOfParallelSessions": rules.parallel,
        "renewalTimeoutMillis": int(rules.renewal * 1000),
        "userAgentValidationRequired": rules.same_agent,
    }
    return {"sessionConfiguration": limits}


def render(call: Call, tenant: Tenant, option: Json) -> Json:
    own = {"self": call.link("tenant", "loginOptions", option["id"])}
    return option | own | _session_limits(tenant, option)


def find(tenant: Tenant, type_or_id: str) -> Json:
    for option in tenant.login_options.values():
        if type_or_id == option["id"] or type_or_id.upper() == option["type"]:
            return option
    raise not_found(f"Login option '{type_or_id}' was not found.")


def fetch(call: Call) -> Json:
    """The option of the path; 403 if the management tenant keeps it to itself."""
    option = find(call.tenant, call.path["typeOrId"])
    if option.get(RESTRICTED) and call.tenant.name != "management":
        raise forbidden("Only the management tenant may see this login option.")
    return option


def _checked(call: Call) -> Json:
    content = {key: value for key, value in call.json.items() if key not in SERVER_ONLY and value is not None}
    for name, known in (("type", TYPES), ("userManagementSource", SOURCES), ("grantType", GRANTS)):
        if name in content:
            content[name] = str(content[name]).upper()
            if content[name] not in known:
                raise invalid(f"'{name}' is one of {', '.join(known)}.")
    if not isinstance(content.get("providerName", "x"), str) or content.get("providerName") == "":
        raise invalid("'providerName' must be a text.")
    if not isinstance(content.get("visibleOnLoginPage", True), bool):
        raise invalid("'visibleOnLoginPage' must be true or false.")
    _check_restrictions(content.get("authenticationRestrictions", {}))
    _check_limits(content.get("sessionConfiguration", {}))
    return content


def _check_restrictions(restrictions: object) -> None:
    if not isinstance(restrictions, dict):
        raise invalid("'authenticationRestrictions' must be an object.")
    for name in RESTRICTIONS:
        listed = restrictions.get(name, [])
        if not isinstance(listed, list) or not all(isinstance(agent, str) for agent in listed):
            raise invalid(f"'{name}' must be a list of texts.")


def _check_limits(limits: object) -> None:
    if not isinstance(limits, dict):
        raise invalid("'sessionConfiguration' must be an object.")
    for name in ("absoluteTimeoutMillis", "renewalTimeoutMillis", "maximumNumberOfParallelSessions"):
        value = limits.get(name, 1)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < LONGEST_SESSION:
            raise invalid(f"'{name}' must be a positive number.")
    if not isinstance(limits.get("userAgentValidationRequired", False), bool):
        raise invalid("'userAgentValidationRequired' must be true or false.")


def _apply_limits(tenant: Tenant, content: Json) -> None:
    limits, rules = content.pop("sessionConfiguration", {}), tenant.session_rules
    rules.absolute = limits.get("absoluteTimeoutMillis", rules.absolute * 1000) / 1000
    rules.renewal = limits.get("renewalTimeoutMillis", rules.renewal * 1000) / 1000
    rules.parallel = limits.get("maximumNumberOfParallelSessions", rules.parallel)
    rules.same_agent = limits.get("userAgentValidationRequired", rules.same_agent)


@routes.post(OPTIONS, roles=ADMIN, consumes=("authconfig",), produces="authconfig")
def create_login_option(call: Call) -> Answer:
    content = _checked(call)
    for name in ("type", "providerName"):
        if name not in content:
            raise invalid(f"'{name}' is required.")
    if any(option["type"] == content["type"] for option in call.tenant.login_options.values()):
        raise Refusal(400, "duplicate", f"A login option of type '{content['type']}' exists already.")
    if content["type"] == "BASIC":
        content.setdefault("authenticationRestrictions", {})
    if content["type"] == "OAUTH2_INTERNAL":
        _apply_limits(call.tenant, content)
    option: Json = {"userManagementSource": "INTERNAL", "visibleOnLoginPage": True} | content
    option["id"] = option["type"] if option["type"] != "OAUTH2" else call.tenant.next_id()
    call.tenant.login_options[option["id"]] = option
    _audit(call, option, "created")
    return Answer(render(call, call.tenant, option))


def _audit(call: Call, option: Json, what: str) -> None:
    text = f"Login option '{option['type']}' {what}"
    call.tenant.audit("TenantAuthConfig", f"Login option {what}", text, option["id"], call.caller.name)


@routes.get(OPTION, roles=READ, produces="authConfig")
def get_login_option(call: Call) -> Answer:
    return Answer(render(call, call.tenant, fetch(call)))


@routes.put(OPTION, roles=ADMIN, consumes=("authconfig",), produces="authconfig")
def update_login_option(call: Call) -> Answer:
    option, content = fetch(call), _checked(call)
    if content.get("type", option["type"]) != option["type"]:
        raise invalid("The type of a login option cannot be changed.")
    ends = call.flag("terminateUserSessions", default=True)
    if option["type"] == "OAUTH2_INTERNAL":
        _apply_limits(call.tenant, content)
    option |= content
    _audit(call, option, "updated")
    shown = render(call, call.tenant, option)
    if ends:
        end_sessions(call)
    return Answer(shown)


def end_sessions(call: Call) -> None:
    call.tenant.sessions.clear()
    call.caller.fresh = None


@routes.delete(OPTION, roles=ADMIN)
def delete_login_option(call: Call) -> Answer:
    option = fetch(call)
    del call.tenant.login_options[option["id"]]
    mappings = call.tenant.access_mappings
    for name in [name for name in mappings if name[0] == option["id"]]:
        del mappings[name]
    _audit(call, option, "deleted")
    return Answer(status=204)


@routes.put(
    f"{OPTION}/restrict",
    roles=("ROLE_TENANT_MANAGEMENT_ADMIN",),
    consumes=("application/json",),
    produces="authconfig",
    wide=True,
)
def restrict(call: Call) -> Answer:
    if call.tenant.name != "management":
        raise forbidden("Only the management tenant restricts login options.")
    wanted = call.json.get(RESTRICTED)
    if not isinstance(wanted, bool):
        raise invalid(f"'{RESTRICTED}' must be true or false.")
    target = call.sandbox.tenants.get(call.text("targetTenant") or "")
    if target is None:
        raise not_found(f"Tenant '{call.text('targetTenant')}' was not found.")
    option = find(target, call.path["typeOrId"])
    option[RESTRICTED] = wanted
    return Answer(render(call, target, option))
