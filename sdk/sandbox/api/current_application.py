"""The application that calls: what its bootstrap user and its service users may ask."""

from __future__ import annotations

from sdk.sandbox.api.applications import change, render
from sdk.sandbox.api.options import revealed
from sdk.sandbox.call import Answer, Call, Routes, forbidden
from sdk.sandbox.store.applications import BOOTSTRAP, SERVICE, App

routes = Routes("application")

CURRENT = "/application/currentApplication"


def _current(call: Call, service: bool = False) -> App:
    """The application of the caller, its bootstrap user; with `service` a service user does too."""
    identifier = call.tenant.service_users.get(call.caller.name)
    if identifier is None or not (service or call.caller.name.startswith(BOOTSTRAP)):
        raise forbidden()
    return call.sandbox.applications[identifier]


@routes.get(CURRENT, produces="application", wide=True)
def get_current(call: Call) -> Answer:
    return Answer(render(call, _current(call)))


@routes.put(CURRENT, consumes=("application",), produces="application", wide=True)
def update_current(call: Call) -> Answer:
    app = _current(call)
    change(call, app, call.json)
    return Answer(render(call, app))


@routes.get(f"{CURRENT}/settings", produces="option", wide=True)
def get_settings(call: Call) -> Answer:
    return Answer(revealed(call, _current(call, service=True).category))


@routes.get(f"{CURRENT}/subscriptions", produces="applicationusercollection", wide=True)
def list_subscriptions(call: Call) -> Answer:
    app = _current(call)
    name = SERVICE + app.name
    users = [
        {"name": name, "password": call.sandbox.tenants[tenant].passwords[name], "tenant": tenant}
        for tenant in sorted(app.subscribers)
    ]
    return Answer({"users": users})
