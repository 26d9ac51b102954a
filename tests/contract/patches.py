"""Where the vendor's description is wrong in itself, or tenants are known to differ: one patch each, with the
fault in its first line. They may only shrink.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

REFUSALS = ["400", "401", "403", "404", "406", "409", "413", "415", "416", "422", "429", "500", "502", "503"]


def _enums_of_lists(description: dict[str, Any]) -> None:
    """`enum` stands on the list instead of its items, so that no list of two values would be valid."""
    of_operations = [it for operation in operations(description) for it in operation["parameters"]]
    for parameter in (*description["components"]["parameters"].values(), *of_operations):
        schema = parameter.get("schema", {})
        if schema.get("type") == "array" and "enum" in schema:
            schema["items"]["enum"] = schema.pop("enum")


def _defaults_in_words(description: dict[str, Any]) -> None:
    """A default that is a sentence, or null, is not of the parameter's type."""
    for operation in operations(description):
        for parameter in operation.get("parameters", ()):
            schema = parameter.get("schema", {})
            if schema.get("type") == "boolean" and not isinstance(schema.get("default", False), bool):
                del schema["default"]


def _two_types_in_one(description: dict[str, Any]) -> None:
    """`text/plain, application/json` is declared as if it were one media type."""
    for answer in _answers(description):
        for name in [name for name in answer.get("content", {}) if "," in name]:
            schema = answer["content"].pop(name)
            answer["content"] |= {single.strip(): schema for single in name.split(",")}


def _media_types_in_lower_case(description: dict[str, Any]) -> None:
    """Media types know no case; the checker compares them in lower case."""
    for answer in _answers(description):
        if "content" in answer:
            answer["content"] = {name.lower(): content for name, content in answer["content"].items()}


def _nothing_has_no_content(description: dict[str, Any]) -> None:
    """204 is declared with a body of type `*/*`."""
    for operation in operations(description):
        if "204" in operation["responses"]:
            operation["responses"]["204"].pop("content", None)


def _counts_are_text(description: dict[str, Any]) -> None:
    """The number of alarms comes as plain text, which no checker takes for an integer."""
    answer = description["paths"]["/alarm/alarms/count"]["get"]["responses"]["200"]
    answer["content"]["text/plain"] = {"schema": {"type": "string", "pattern": r"^\d+$"}}


def _several_references(description: dict[str, Any]) -> None:
    """The roles of a group are declared as one reference instead of a list of them."""
    properties = description["components"]["schemas"]["RoleReferenceCollection"]["properties"]
    properties["references"] = {"type": "array", "items": properties["references"]}


def _nothing_before(description: dict[str, Any]) -> None:
    """`previousState` may be null, which the checker does not see through the `allOf` beside `nullable`."""
    properties = description["components"]["schemas"]["alarmUpsertResponse"]["properties"]
    properties["previousState"] = {"type": "object", "nullable": True}


def _gaps_in_series(description: dict[str, Any]) -> None:
    """A series without a value at a time has null in its place."""
    description["components"]["schemas"]["MeasurementSeriesValue"]["nullable"] = True


def _days_are_times(description: dict[str, Any]) -> None:
    """`dateFrom` and its kin take a day or a time, as their example says; declared are times only."""
    file = description["components"]["schemas"]["rangeStatisticsFile"]["properties"].values()
    for schema in (*(it["schema"] for it in description["components"]["parameters"].values()), *file):
        if len(str(schema.get("example", ""))) == len("2026-01-31") or schema.get("minLength") == len(
            "2026-01-31"
        ):
            schema.pop("format", None)


def _credentials_are_created(description: dict[str, Any]) -> None:
    """Device credentials are declared with 200; tenants answer 201, and 404 until the request is accepted."""
    answers = description["paths"]["/devicecontrol/deviceCredentials"]["post"]["responses"]
    answers["201"] = answers["200"]
    answers["404"] = answers["401"]


def _blocked_requests(description: dict[str, Any]) -> None:
    """A new device request can be BLOCKED: documented for administrators, forgotten here."""
    states = description["components"]["schemas"]["newDeviceRequest"]["properties"]["status"]["enum"]
    states.append("BLOCKED")


def _certificates_are_bytes(description: dict[str, Any]) -> None:
    """A device's first certificate is declared as text, the later ones, of the same type, as bytes."""
    paths = description["paths"]
    first, later = (
        paths[f"/.well-known/est/{name}"]["post"]["responses"]["201"]["content"]
        for name in ("simpleenroll", "simplereenroll")
    )
    first |= later


def _files_of_any_type(description: dict[str, Any]) -> None:
    """A file comes with its own media type; declared are `text/plain` and bytes, and bytes as a text."""
    for operation in operations(description):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for holder in (*bodies, *operation["responses"].values()):
            content = holder.get("content", {})
            files = [name for name, it in content.items() if it.get("schema", {}).get("format") == "binary"]
            content |= {name: {"schema": {}} for name in files}
            if {"text/plain", "application/octet-stream"} & set(files):
                content["*/*"] = {"schema": {}}


def _parts_of_files(description: dict[str, Any]) -> None:
    """The page of a file tells of the header Range, and declares no 206."""
    answers = description["paths"]["/inventory/binaries/{id}"]["get"]["responses"]
    answers["206"] = answers["200"]


def _bayeux_in_lists(description: dict[str, Any]) -> None:
    """Bayeux messages come and go in lists, as all examples show; what channels bring has their names,
    and one message may subscribe to several, as Bayeux defines.
    """
    schema = description["components"]["schemas"]["realtimeNotification"]
    del schema["properties"]["channel"]["enum"], schema["example"]
    del schema["properties"]["clientId"]["readOnly"]  # it "must be passed in every non-handshake request"
    channel = schema["properties"]["subscription"]
    schema["properties"]["subscription"] = {"anyOf": [channel, {"type": "array", "items": channel}]}
    operation = description["paths"]["/notification/realtime"]["post"]
    for holder in (operation["requestBody"], operation["responses"]["200"]):
        holder["content"]["application/json"]["schema"] = {"type": "array", "items": schema}


def _versions_by_query(description: dict[str, Any]) -> None:
    """A query stands in a path: one version is another answer of the same resource."""
    versions = "/application/applications/{id}/versions"
    one = description["paths"].pop(f"{versions}?version=1.0")["get"]
    every = description["paths"][versions]["get"]
    every["responses"]["200"]["content"] |= one["responses"]["200"]["content"]
    every["parameters"] += [it for it in one["parameters"] if it.get("in") == "query"]


def _audits_of_others(description: dict[str, Any]) -> None:
    """The types of audit records are declared as those of the platform's own; applications write theirs, as
    c8y_api does with live tenants.
    """
    del description["components"]["schemas"]["auditRecord"]["properties"]["type"]["enum"]


def _any_manifest(description: dict[str, Any]) -> None:
    """Both manifests have optional properties only, so that each is both, which `oneOf` forbids."""
    manifest = description["components"]["schemas"]["application"]["properties"]["manifest"]
    manifest["anyOf"] = manifest.pop("oneOf")


def _measurements_in_other_formats(description: dict[str, Any]) -> None:
    """The chapter on measurement specifics names formats that the operation forgets."""
    answers = description["paths"]["/measurement/measurements"]["get"]["responses"]
    answer = answers["200"] = resolved(description, answers["200"])
    formats = ("text/csv", "application/vnd.ms-excel", "application/xlsx", "application/json-stream")
    answer["content"] = answer["content"] | {name: {"schema": {}} for name in formats}


def _errors_of_one_type(description: dict[str, Any]) -> None:
    """Proofs of possession and tokens of devices declare errors as plain JSON, unlike every other page."""
    proof = "/tenant/tenants/{tenantId}/trusted-certificates-pop/{fingerprint}"
    for path in (f"{proof}/pop", f"{proof}/confirmed", "/devicecontrol/deviceAccessToken"):
        answers = description["paths"][path]["post"]["responses"]
        for status in answers.keys() & {"400", "422"}:
            content = answers[status].get("content", {})
            if "application/json" in content:
                content["application/vnd.com.nsn.cumulocity.error+json"] = content.pop("application/json")


def _json_of_any_kind(description: dict[str, Any]) -> None:
    """Bodies are declared with their own types; the vendor's web client sends all as `application/json`."""
    for operation in operations(description):
        content = operation.get("requestBody", {}).get("content", {})
        own = next((it for name, it in content.items() if "vnd.com.nsn.cumulocity" in name), None)
        if own is not None:
            content.setdefault("application/json", own)


def _chains_in_files(description: dict[str, Any]) -> None:
    """The header with a chain is declared as required, beside a file that goes before it."""
    operation = description["paths"]["/tenant/trusted-certificates/verify-cert-chain"]["post"]
    for parameter in operation["parameters"]:
        parameter["required"] = False


def _changes_tell_what_changes(description: dict[str, Any]) -> None:
    """Pages of changes name the forms of new things: what a change does not tell stays, and null removes, as
    the chapter on the use of REST has it.
    """
    for path in description["paths"].values():
        for content in path.get("put", {}).get("requestBody", {}).get("content", {}).values():
            content["schema"] = _of_changes(description, content["schema"])


def _of_changes(description: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The same form with nothing required, in which each property may be null."""
    form = dict(resolved(description, schema))
    form.pop("required", None)
    if "allOf" in form:
        form["allOf"] = [_of_changes(description, part) for part in form["allOf"]]
    if "properties" in form:
        known = form["properties"].items()
        form["properties"] = {name: _or_null(resolved(description, it)) for name, it in known}
    return form


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"nullable": True} if "type" in schema and "enum" not in schema else schema


def _roles_by_id(description: dict[str, Any]) -> None:
    """An inventory role is assigned by its name, the page says; as the page of the change has it, and as
    clients do with live tenants, it is assigned by its id as well.
    """
    assignments = description["paths"]["/user/{tenantId}/users/{userId}/roles/inventory"]
    for content in assignments["post"]["requestBody"]["content"].values():
        both = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
        roles = {"type": "array", "items": both}
        named = {"managedObject": {"type": "string"}, "roles": roles}
        content["schema"] = {"type": "object", "required": ["managedObject", "roles"], "properties": named}


def _refused_in_general(description: dict[str, Any]) -> None:
    """What every resource may answer is declared for some only: invalid data, limits, outages."""
    error = {"content": {"application/vnd.com.nsn.cumulocity.error+json": {"schema": {"type": "object"}}}}
    for operation in operations(description):
        for status in REFUSALS:
            operation["responses"].setdefault(status, error)


PATCHES = (
    _enums_of_lists,
    _defaults_in_words,
    _two_types_in_one,
    _media_types_in_lower_case,
    _nothing_has_no_content,
    _counts_are_text,
    _several_references,
    _nothing_before,
    _gaps_in_series,
    _days_are_times,
    _credentials_are_created,
    _blocked_requests,
    _certificates_are_bytes,
    _files_of_any_type,
    _parts_of_files,
    _bayeux_in_lists,
    _versions_by_query,
    _audits_of_others,
    _any_manifest,
    _measurements_in_other_formats,
    _errors_of_one_type,
    _chains_in_files,
    _changes_tell_what_changes,
    _roles_by_id,
    _json_of_any_kind,
    _refused_in_general,
)


def operations(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in description["paths"].values():
        for method, operation in path.items():
            if method in ("get", "put", "post", "delete"):
                operation["parameters"] = [
                    resolved(description, it) for it in operation.get("parameters", ())
                ]
                yield operation


def _answers(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from description["components"]["responses"].values()
    for operation in operations(description):
        yield from (answer for answer in operation["responses"].values() if "$ref" not in answer)


def resolved(description: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    target: Any = description
    for step in node["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return dict(target)
