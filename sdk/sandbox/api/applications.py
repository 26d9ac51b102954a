"""Applications."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sdk.sandbox.call import Answer, Call, Json, Refusal, Routes, duplicate, forbidden, invalid, not_found
from sdk.sandbox.paging import collection
from sdk.sandbox.store.applications import EXTERNAL, HOSTED, MICROSERVICE, App

routes = Routes("application")

READ, ADMIN = ("ROLE_APPLICATION_MANAGEMENT_READ",), ("ROLE_APPLICATION_MANAGEMENT_ADMIN",)
APPLICATIONS, APPLICATION = "/application/applications", "/application/applications/{id}"
TYPES, AVAILABILITIES = (EXTERNAL, HOSTED, MICROSERVICE), ("MARKET", "PRIVATE")
UNIQUE = ("key", "name", "contextPath")
SERVER_ONLY = frozenset(("id", "self", "owner", "activeVersionId", "resourcesUrl"))
TEXTS = (*UNIQUE, "description", "contentSecurityPolicy", "dynamicOptionsUrl", "globalTitle")


def render(call: Call, app: App) -> Json:
    owner = {"self": call.link("tenant", "tenants", app.owner), "tenant": {"id": app.owner}}
    own = call.link("application", "applications", app.id)
    return app.document | {"id": app.id, "owner": owner, "self": own}


def reference(call: Call, app: App, *parent: str) -> Json:
    return {"application": render(call, app), "self": call.link(*parent, app.id)}


def fetch_app(call: Call, identifier: str | None = None) -> App:
    """The application of the path, if the caller's tenant may see it, or 404."""
    wanted = call.path["id"] if identifier is None else identifier
    app = call.sandbox.applications.get(wanted)
    if app is None or app not in call.sandbox.applications.visible_to(call.tenant):
        raise not_found(f"Application '{wanted}' was not found.")
    return app


def fetch_own(call: Call) -> App:
    """The application of the path, which must be the caller's tenant's own."""
    app = fetch_app(call)
    if app.owner != call.tenant.name:
        raise forbidden(f"Application '{app.id}' belongs to another tenant.")
    return app


def _listed(call: Call, found: Iterable[App]) -> Answer:
    return collection(call, "applications", list(found), lambda app: render(call, app))


@routes.get(APPLICATIONS, roles=READ, produces="applicationcollection", wide=True)
def list_applications(call: Call) -> Answer:
    tests = _filters(call)
    visible = call.sandbox.applications.visible_to(call.tenant)
    return _listed(call, (app for app in visible if all(test(app) for test in tests)))


def _filters(call: Call) -> list[Any]:
    name, owner, tenant = call.text("name"), call.text("owner"), call.text("tenant")
    subscriber, provided, user = call.text("subscriber"), call.text("providedFor"), call.text("user")
    kinds = set(call.listed("type"))
    if kinds - set(TYPES):
        raise invalid(f"Unknown type: {', '.join(sorted(kinds - set(TYPES)))}; known are {', '.join(TYPES)}.")
    versions = call.flag("hasVersions") if call.text("hasVersions") else None
    tests = [
        (name, lambda app: app.name == name),
        (owner, lambda app: app.owner == owner),
        (tenant, lambda app: tenant == app.owner or tenant in app.subscribers),
        (subscriber, lambda app: subscriber in app.subscribers),
        (provided, lambda app: provided in app.subscribers and app.owner != provided),
        (user, lambda app: _may_use(call, str(user), app)),
        (kinds or None, lambda app: app.kind in kinds),
        (versions, lambda app: bool(app.versions) == versions),
    ]
    return [test for wanted, test in tests if wanted is not None]


def _may_use(call: Call, user: str, app: App) -> bool:
    """Whether a user of the caller's tenant has access: by application management, as its own user, or
    because the user or a group was given it.
    """
    tenant = call.tenant
    if {*READ, *ADMIN} & tenant.access.roles_of(user) or tenant.service_users.get(user) == app.id:
        return True
    holders: list[tuple[str, str | int]] = [("user", user)]
    holders += [("group", number) for number, group in tenant.groups.items() if user in group["users"]]
    return any(app.id in tenant.given_applications.get(holder, ()) for holder in holders)


@routes.post(APPLICATIONS, roles=ADMIN, consumes=("application",), produces="application", wide=True)
def create_application(call: Call) -> Answer:
    document = _checked(call, call.json)
    for name in ("key", "name", "type"):
        if not document.get(name):
            raise invalid(f"'{name}' is required.")
    if document["type"] == HOSTED and not document.get("contextPath"):
        raise invalid("'contextPath' is required for a hosted application.")
    _check_unique(call, document)
    app = call.sandbox.applications.create(call.tenant, {"availability": "PRIVATE"} | document)
    return created(call, app)


def created(call: Call, app: App) -> Answer:
    _audit(call, app, "created")
    shown = render(call, app)
    return Answer(shown, 201, headers=[("Location", shown["self"])])


def _audit(call: Call, app: App, what: str) -> None:
    text = f"Application '{app.name}' {what}"
    call.tenant.audit("Application", f"Application {what}", text, app.id, call.caller.name)


def _checked(call: Call, body: Json) -> Json:
    """The settable properties of an application, each of its type."""
    content = {key: value for key, value in body.items() if key not in SERVER_ONLY and value is not None}
    for name in TEXTS:
        if not isinstance(content.get(name, "x"), str) or (name in UNIQUE and content.get(name) == ""):
            raise invalid(f"'{name}' must be a text.")
    for name, known in (("type", TYPES), ("availability", AVAILABILITIES)):
        if content.get(name, known[0]) not in known:
            raise invalid(f"'{content[name]}' is no {name}; it is one of {', '.join(known)}.")
    for name in ("roles", "requiredRoles"):
        found = content.get(name, [])
        if not isinstance(found, list) or not all(isinstance(role, str) for role in found):
            raise invalid(f"'{name}' must be a list of texts.")
    if not isinstance(content.get("manifest", {}), dict):
        raise invalid("'manifest' must be an object.")
    return content


def _check_unique(call: Call, document: Json, but: App | None = None) -> None:
    others = [app for app in call.sandbox.applications.values() if app is not but]
    for name in UNIQUE:
        value = document.get(name)
        if value and any(app.document.get(name) == value for app in others):
            raise duplicate(f"An application with the {name} '{value}' exists already.")


@routes.get(APPLICATION, produces="application", wide=True)
def get_application(call: Call) -> Answer:
    app = fetch_app(call)
    if not call.holds(*READ) and not _may_use(call, call.caller.name, app):
        raise forbidden()
    return Answer(render(call, app))


@routes.put(
    APPLICATION,
    roles=("ROLE_USER_MANAGEMENT_ADMIN",),
    consumes=("application",),
    produces="application",
    wide=True,
)
def update_application(call: Call) -> Answer:
    app = fetch_own(call)
    change(call, app, call.json)
    return Answer(render(call, app))


def change(call: Call, app: App, body: Json) -> None:
    changes = _checked(call, body)
    if changes.get("type", app.kind) != app.kind:
        raise invalid("The type of an application cannot be changed.")
    if app.kind == MICROSERVICE and changes.get("name", app.name) != app.name:
        raise invalid("The name of a microservice cannot be changed.")
    _check_unique(call, changes, but=app)
    removed = {key for key, value in body.items() if value is None} - {*UNIQUE, "type"}
    merged = app.document | changes
    app.document = {key: value for key, value in merged.items() if key not in removed}
    call.sandbox.applications.refresh_users(app, call.sandbox.tenants.values())
    _audit(call, app, "updated")


@routes.delete(APPLICATION, roles=ADMIN, wide=True)
def delete_application(call: Call) -> Answer:
    app = fetch_own(call)
    others = app.subscribers - {call.tenant.name}
    if others and not call.flag("force"):
        raise invalid(
            f"Application '{app.name}' is subscribed by other tenants; force=true unsubscribes them."
        )
    call.sandbox.applications.remove(app, call.sandbox.tenants.values())
    _audit(call, app, "deleted")
    return Answer(status=204)


@routes.post(f"{APPLICATION}/clone", roles=ADMIN, produces="application", wide=True)
def clone_application(call: Call) -> Answer:
    app = fetch_app(call)
    if app.kind == MICROSERVICE:
        raise invalid("A microservice cannot be cloned.")
    prefixed = {name: f"clone{app.document[name]}" for name in UNIQUE if app.document.get(name)}
    _check_unique(call, prefixed)
    binary = _chosen_binary(call, app)
    copy = call.sandbox.applications.create(
        call.tenant, app.document | prefixed | {"availability": "PRIVATE"}
    )
    copy.document.pop("activeVersionId", None)
    if binary:
        copied = call.sandbox.applications.next_id()
        copy.files[copied], copy.created[copied] = app.files[binary], app.created[binary]
        copy.document["activeVersionId"] = copied
    return created(call, copy)


def _chosen_binary(call: Call, app: App) -> str:
    """The binary to copy: that of the version asked for, else the active one; empty if there is none."""
    if not call.text("version") and not call.text("tag"):
        return str(app.document.get("activeVersionId", ""))
    return str(fetch_version(call, app)["binaryId"])


def fetch_version(call: Call, app: App) -> Json:
    """The version that `version` or `tag` names."""
    version, tag = call.text("version"), call.text("tag")
    if version and tag:
        raise invalid("Only one of version and tag can be used.")
    for found in app.versions:
        if (version and found["version"] == version) or (tag and tag in found["tag"]):
            return found
    raise not_found(f"Version '{version or tag}' of application '{app.id}' was not found.")


@routes.get("/application/applicationsByName/{name}", roles=READ, produces="applicationcollection", wide=True)
def list_by_name(call: Call) -> Answer:
    visible = call.sandbox.applications.visible_to(call.tenant)
    return _listed(call, (app for app in visible if app.name == call.path["name"]))


@routes.get(
    "/application/applicationsByOwner/{tenantId}", roles=READ, produces="applicationcollection", wide=True
)
def list_by_owner(call: Call) -> Answer:
    visible = call.sandbox.applications.visible_to(call.tenant)
    return _listed(call, (app for app in visible if app.owner == call.path["tenantId"]))


@routes.get(
    "/application/applicationsByTenant/{tenantId}", roles=READ, produces="applicationcollection", wide=True
)
def list_by_tenant(call: Call) -> Answer:
    wanted, visible = call.path["tenantId"], call.sandbox.applications.visible_to(call.tenant)
    return _listed(call, (app for app in visible if wanted == app.owner or wanted in app.subscribers))


@routes.get(
    "/application/applicationsByUser/{username}",
    roles=("ROLE_USER_MANAGEMENT_OWN_READ", "ROLE_USER_MANAGEMENT_READ", *READ),
    produces="applicationcollection",
    wide=True,
)
def list_by_user(call: Call) -> Answer:
    name = call.path["username"].removeprefix(f"{call.tenant.name}/")
    own = name == call.caller.name and call.holds("ROLE_USER_MANAGEMENT_OWN_READ")
    if not own and not (call.holds("ROLE_USER_MANAGEMENT_READ") and call.holds(*READ)):
        raise forbidden()
    if name not in call.tenant.users:
        raise not_found(f"User '{name}' was not found in tenant '{call.tenant.name}'.")
    visible = call.sandbox.applications.visible_to(call.tenant)
    return _listed(call, (app for app in visible if _may_use(call, name, app)))


@routes.get(f"{APPLICATION}/bootstrapUser", roles=ADMIN, produces="user", wide=True)
def get_bootstrap_user(call: Call) -> Answer:
    app = fetch_own(call)
    if app.kind != MICROSERVICE:
        raise Refusal(400, "badRequest", "Only a microservice has a bootstrap user.")
    name = next(user for user, found in call.tenant.service_users.items() if found == app.id)
    return Answer({"name": name, "password": call.tenant.passwords[name], "tenant": app.owner})


@routes.get("/application", roles=READ, produces="applicationapi")
def get_application_api(call: Call) -> Answer:
    base = f"{call.base}/application"
    return Answer(
        {
            "self": base,
            "applications": f"{base}/applications",
            "applicationById": f"{base}/applications/{{id}}",
            "applicationsByName": f"{base}/applicationsByName/{{name}}",
            "applicationsByTenant": f"{base}/applicationsByTenant/{{tenant}}",
            "applicationsByOwner": f"{base}/applicationsByOwner/{{tenant}}",
            "applicationsByUser": f"{base}/applicationsByUser/{{username}}",
        }
    )
