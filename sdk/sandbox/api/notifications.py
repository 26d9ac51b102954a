"""Notification 2.0: subscriptions and tokens. Consumers come through `sdk.sandbox.consumer`."""

from __future__ import annotations

import re
from typing import Any

from sdk.sandbox.call import Answer, Call, Json, Refusal, Routes, invalid, not_found
from sdk.sandbox.paging import collection
from sdk.sandbox.store.coverage import APIS, types_of

routes = Routes("reliable-notification")

ADMIN = ("ROLE_NOTIFICATION_2_ADMIN",)
ALL, ONE = "/notification2/subscriptions", "/notification2/subscriptions/{id}"
KNOWN = frozenset(
    ("context", "source", "subscription", "subscriptionFilter", "fragmentsToCopy", "nonPersistent")
)
_NAME = re.compile("[a-zA-Z0-9]+")


@routes.get("/notification2", roles=ADMIN, produces="notificationapi")
def get_api(call: Call) -> Answer:
    base = call.base + ALL
    return Answer(
        {
            "self": f"{call.base}/notification2",
            "notificationSubscriptions": {"self": base, "subscriptions": None},
            "notificationSubscriptionsBySource": f"{base}?source={{source}}",
            "notificationSubscriptionsByContext": f"{base}?context={{context}}",
            "notificationSubscriptionsBySourceAndContext": f"{base}?source={{source}}&context={{context}}",
        }
    )


def _render(call: Call, subscription: Json) -> Json:
    shown = subscription | {"self": call.base + f"{ALL}/{subscription['id']}"}
    if "source" in subscription:
        source = subscription["source"]["id"]
        shown["source"] = {"id": source, "self": call.link("inventory", "managedObjects", source)}
        name = call.tenant.inventory.objects.get(source, {}).get("name")
        shown["source"] |= {"name": name} if name else {}
    return shown


def _matching(call: Call) -> list[Json]:
    """The subscriptions that the parameters select."""
    _context(call)
    wanted = {name: call.text(name) for name in ("context", "subscription") if call.text(name)}
    source, kind = call.text("source"), call.text("typeFilter")
    return [
        found
        for found in call.tenant.topics.subscriptions.values()
        if all(found[name] == value for name, value in wanted.items())
        and source in (None, found.get("source", {}).get("id"))
        and kind in (None, found.get("subscriptionFilter", {}).get("typeFilter"))
    ]


def _context(call: Call) -> str:
    context = call.text("context") or "mo"
    if context not in APIS:
        raise invalid(f"The context is one of {', '.join(APIS)}, not '{context}'.")
    return context


@routes.get(ALL, roles=ADMIN, produces="subscriptioncollection")
def list_subscriptions(call: Call) -> Answer:
    return collection(call, "subscriptions", _matching(call), lambda found: _render(call, found))


@routes.post(ALL, roles=ADMIN, consumes=("subscription",), produces="subscription")
def create_subscription(call: Call) -> Answer:
    content = {key: value for key, value in call.json.items() if key in KNOWN and value is not None}
    subscription = _checked(call, content)
    for found in call.tenant.topics.subscriptions.values():
        if _identity(found) == _identity(subscription):
            source, context, name, _ = _identity(found)
            words = f"source <'{source}'>, context <'{context}'> & subscription <'{name}'> already exists!"
            raise Refusal(409, "reliable-notification/Duplicate", f"Subscription with {words}")
    made: Json = {"id": call.tenant.next_id(), "nonPersistent": False} | subscription
    call.tenant.topics.subscriptions[made["id"]] = made
    shown = _render(call, made)
    return Answer(shown, 201, headers=[("Location", shown["self"])])


def _identity(subscription: Json) -> tuple[Any, ...]:
    """No two subscriptions have this in common."""
    source = subscription.get("source", {}).get("id")
    volatile = bool(subscription.get("nonPersistent"))
    return source, subscription["context"], subscription["subscription"], volatile


def _checked(call: Call, content: Json) -> Json:
    name, context = content.get("subscription"), content.get("context")
    if not isinstance(context, str) or context not in APIS:
        raise invalid(f"'context' is required and is one of {', '.join(APIS)}.")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid("'subscription' is required and consists of the letters a to z and digits.")
    if not isinstance(content.get("nonPersistent", False), bool):
        raise invalid("'nonPersistent' is true or false.")
    if not _are_texts(content.get("fragmentsToCopy", [])):
        raise invalid("'fragmentsToCopy' must be a list of texts.")
    if "subscriptionFilter" in content:
        content["subscriptionFilter"] = _checked_filter(content["subscriptionFilter"], context)
    if context == "tenant":
        content.pop("source", None)
        return content
    return content | {"source": {"id": _source(call, content.get("source"))}}


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _source(call: Call, reference: Any) -> str:
    if not isinstance(reference, dict) or not isinstance(reference.get("id"), str | int):
        raise invalid('In the context mo \'source\' is required and looks like {"id": "123"}.')
    source = str(reference["id"])
    if source not in call.tenant.inventory.objects:
        raise not_found(f"Finding device data from database failed : No managedObject for id '{source}'!")
    return source


def _checked_filter(chosen: Any, context: str) -> Json:
    if not isinstance(chosen, dict):
        raise invalid("'subscriptionFilter' must be an object with apis and typeFilter.")
    content = {key: chosen[key] for key in ("apis", "typeFilter") if chosen.get(key) is not None}
    apis, kind = content.get("apis", []), content.get("typeFilter")
    if not _are_texts(apis):
        raise invalid("'apis' must be a list of texts.")
    if "*" in apis and len(apis) > 1:
        raise invalid("The wildcard * cannot be combined with other APIs.")
    unknown = [name for name in apis if name != "*" and name not in APIS[context]]
    if unknown:
        known = ", ".join(APIS[context])
        raise invalid(f"There is no '{unknown[0]}' in the context {context}; there are {known}.")
    try:
        types_of(kind)
    except (ValueError, TypeError) as error:
        raise invalid("'typeFilter' is one type, or several in quotes with 'or' between them.") from error
    return content


@routes.delete(ALL, roles=ADMIN)
def delete_subscriptions(call: Call) -> Answer:
    context, source = _context(call), call.text("source")
    if context == "mo" and source is None:
        raise invalid("The parameter source is required, unless the context is tenant.")
    for found in list(call.tenant.topics.subscriptions.values()):
        if found["context"] == context and source in (None, found.get("source", {}).get("id")):
            del call.tenant.topics.subscriptions[found["id"]]
    return Answer(status=204)


def _fetch(call: Call) -> Json:
    found = call.tenant.topics.subscriptions.get(call.path["id"])
    if found is None:
        raise Refusal(404, "reliable-notification/Not Found", "Finding subscription from database failed")
    return found


@routes.get(ONE, roles=ADMIN, produces="subscription")
def get_subscription(call: Call) -> Answer:
    return Answer(_render(call, _fetch(call)))


@routes.delete(ONE, roles=ADMIN)
def delete_subscription(call: Call) -> Answer:
    del call.tenant.topics.subscriptions[_fetch(call)["id"]]
    return Answer(status=204)


# tokens -----------------------------------------------------------------------------------------------------


@routes.post("/notification2/token", roles=ADMIN, consumes=("application/json",), produces="application/json")
def create_token(call: Call) -> Answer:
    wish = {key: value for key, value in call.json.items() if value is not None}
    for name in ("subscriber", "subscription"):
        if not isinstance(wish.get(name), str) or not _NAME.fullmatch(wish[name]):
            raise invalid(f"'{name}' is required and consists of the letters a to z and digits.")
    if not all(isinstance(wish.get(name, False), bool) for name in ("signed", "shared", "nonPersistent")):
        raise invalid("'signed', 'shared' and 'nonPersistent' are true or false.")
    minutes = wish.get("expiresInMinutes", 1440)
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 < minutes < 10**7:
        raise invalid("'expiresInMinutes' must be a number of minutes.")
    if wish.get("type", "notification") != "notification":
        raise invalid("The only type is 'notification'.")
    return Answer({"token": call.sandbox.tickets.issue(call.tenant.name, wish, minutes)})


@routes.post("/notification2/unsubscribe", produces="application/json")
def unsubscribe(call: Call) -> Answer:
    token = call.text("token")
    if token is None:
        raise invalid("The parameter token is required.")
    claims = call.sandbox.tickets.claims(token)
    if claims["ten"] != call.tenant.name:
        raise invalid("The token belongs to another tenant.")
    call.tenant.topics.unsubscribe(claims)
    return Answer({"result": "DONE"})
