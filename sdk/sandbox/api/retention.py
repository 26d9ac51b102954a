"""Retention rules; `sdk.sandbox.store.retention` carries them out."""

from __future__ import annotations

from sdk.sandbox.call import Answer, Call, Json, Routes, forbidden, invalid, not_found
from sdk.sandbox.paging import collection

routes = Routes("retention")

READ, ADMIN = ("ROLE_RETENTION_RULE_READ",), ("ROLE_RETENTION_RULE_ADMIN",)
RULES, RULE = "/retention/retentions", "/retention/retentions/{id}"
DATA_TYPES = ("ALARM", "AUDIT", "BULK_OPERATION", "EVENT", "MEASUREMENT", "OPERATION", "*")
TEXTS = ("fragmentType", "type", "source")
DEFAULTS = {"dataType": "*", "fragmentType": "*", "type": "*", "source": "*", "editable": True}
OLDEST = 3650
"""Ten years."""


def _render(call: Call, rule: Json) -> Json:
    return rule | {"self": call.link("retention", "retentions", rule["id"])}


def _fetch(call: Call) -> Json:
    rule = call.tenant.retention.get(call.path["id"])
    if rule is None:
        raise not_found(f"Retention rule '{call.path['id']}' was not found.")
    return rule


def _require_editable(call: Call, rule: Json) -> None:
    if not rule["editable"] and call.tenant.name != "management":
        raise forbidden("The retention rule is not editable.")


def _checked(call: Call) -> Json:
    known = {*TEXTS, "dataType", "editable", "maximumAge"}
    content = {key: value for key, value in call.json.items() if key in known and value is not None}
    if content.get("dataType", "*") not in DATA_TYPES:
        raise invalid(f"'dataType' is one of {', '.join(DATA_TYPES)}.")
    for name in TEXTS:
        if not isinstance(content.get(name, "*"), str) or content.get(name) == "":
            raise invalid(f"'{name}' must be a text.")
    age = content.get("maximumAge", 1)
    if not isinstance(age, int) or isinstance(age, bool) or not 0 < age <= OLDEST:
        raise invalid(f"'maximumAge' must be a number of days, {OLDEST} at most.")
    if not isinstance(content.get("editable", True), bool):
        raise invalid("'editable' must be true or false.")
    return content


@routes.get(RULES, roles=READ, produces="retentionrulecollection")
def list_rules(call: Call) -> Answer:
    found = list(call.tenant.retention.values())
    return collection(call, "retentionRules", found, lambda rule: _render(call, rule))


@routes.post(RULES, roles=ADMIN, consumes=("retentionrule",), produces="retentionrule")
def create_rule(call: Call) -> Answer:
    content = _checked(call)
    if "maximumAge" not in content:
        raise invalid("'maximumAge' is required: a number of days.")
    rule: Json = {"id": call.tenant.next_id()} | DEFAULTS | content
    call.tenant.retention[rule["id"]] = rule
    _audit(call, rule, "created")
    shown = _render(call, rule)
    return Answer(shown, 201, headers=[("Location", shown["self"])])


def _audit(call: Call, rule: Json, what: str) -> None:
    text = f"Retention rule '{rule['id']}' {what}"
    call.tenant.audit("Tenant", f"Retention rule {what}", text, rule["id"], call.caller.name)


@routes.get(RULE, roles=READ, produces="retentionrule")
def get_rule(call: Call) -> Answer:
    return Answer(_render(call, _fetch(call)))


@routes.put(RULE, roles=ADMIN, consumes=("retentionrule",), produces="retentionrule")
def update_rule(call: Call) -> Answer:
    rule = _fetch(call)
    _require_editable(call, rule)
    rule |= _checked(call)
    _audit(call, rule, "updated")
    return Answer(_render(call, rule))


@routes.delete(RULE, roles=ADMIN)
def delete_rule(call: Call) -> Answer:
    rule = _fetch(call)
    if not rule["editable"]:
        raise forbidden("The retention rule is not editable.")
    del call.tenant.retention[rule["id"]]
    _audit(call, rule, "deleted")
    return Answer(status=204)
