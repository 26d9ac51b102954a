"""Device control: registration of many devices by a CSV file.

A file with ID and PATH only makes new device requests that wait for their devices. With CREDENTIALS or
AUTH_TYPE it makes the user, the managed object and the external ids at once; of a device that exists it
replaces the password. Devices with CERTIFICATES sign in by one, which those with an ENROLLMENT_OTP ask for.
The management tenant registers devices of the tenant in the column TENANT.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from sdk.sandbox import times
from sdk.sandbox.api.registration import ADMIN, add_request, check_id
from sdk.sandbox.call import Answer, Call, Json, Refusal, Routes, invalid
from sdk.sandbox.files import part, parts_of
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.store.trust import certify
from sdk.sandbox.store.users import DEVICE_PREFIX, add_device_user

routes = Routes("devicecontrol")

SEPARATORS = "\t;,"
OWN_COLUMNS = frozenset(
    (
        "ID",
        "CREDENTIALS",
        "AUTH_TYPE",
        "TENANT",
        "TYPE",
        "NAME",
        "ICCID",
        "IDTYPE",
        "PATH",
        "SHELL",
        "ENROLLMENT_OTP",
    )
)
NEED_AN_OBJECT = ("ICCID", "IDTYPE", "PATH", "SHELL")
EXTERNAL = "external-"
PASSWORD_LENGTH = (8, 32)
BASIC, CERTIFICATES = "BASIC", "CERTIFICATES"


@dataclass(slots=True)
class Row:
    line: str
    cells: dict[str, str]
    tenant: Tenant

    @property
    def id(self) -> str:
        return self.cells.get("ID", "")


@routes.post(
    "/devicecontrol/bulkNewDeviceRequests",
    roles=ADMIN,
    consumes=("multipart/form-data",),
    produces="bulknewdevicerequest",
    wide=True,
)
def register_many(call: Call) -> Answer:
    rows = list(_rows(call, _text(call)))
    full = any({"CREDENTIALS", "AUTH_TYPE"} & row.cells.keys() for row in rows)
    outcomes = [(row, *_try(call, row, full)) for row in rows]
    failed = [
        {"bulkNewDeviceStatus": "FAILED", "deviceId": row.id, "failureReason": reason, "line": row.line}
        for row, status, reason in outcomes
        if status == "FAILED"
    ]
    updated = [row.id for row, status, _ in outcomes if status == "CREDENTIAL_UPDATED"]
    body = {
        "numberOfAll": len(rows),
        "numberOfCreated": len(rows) - len(failed) - len(updated),
        "numberOfFailed": len(failed),
        "numberOfSuccessful": len(rows) - len(failed),
        "credentialUpdatedList": [
            {"bulkNewDeviceStatus": "CREDENTIAL_UPDATED", "deviceId": name} for name in updated
        ],
        "failedCreationList": failed,
    }
    return Answer(body, 201)


def _text(call: Call) -> str:
    """The content of the part `file`: UTF-8 with or without a mark, else Windows-1252."""
    data = part(parts_of(call), "file").content
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _rows(call: Call, text: str) -> Iterator[Row]:
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise invalid("The file is empty.")
    separator = max(SEPARATORS, key=lines[0].count)
    header = [cell.strip() for cell in next(csv.reader(lines[:1], delimiter=separator))]
    if "ID" not in header:
        raise invalid("The file has no column ID.")
    for line in lines[1:]:
        values = next(csv.reader([line], delimiter=separator))
        yield Row(
            line, {name: value.strip() for name, value in zip(header, values, strict=False)}, call.tenant
        )


def _try(call: Call, row: Row, full: bool) -> tuple[str, str]:
    """Register one row; gives its status and why it failed."""
    try:
        if row.tenant.name == "management":
            row.tenant = _named(call, row.cells.get("TENANT", ""))
        return (_register(call, row) if full else _request(call, row)), ""
    except Refusal as refusal:
        return "FAILED", refusal.message


def _named(call: Call, name: str) -> Tenant:
    if name not in call.sandbox.tenants:
        raise invalid(f"TENANT is needed: '{name}' is no tenant.")
    return call.sandbox.tenants[name]


def _request(call: Call, row: Row, **more: str) -> str:
    check_id(row.tenant, row.id)
    group = {"groupId": _group(call, row)} if row.cells.get("PATH") else {}
    add_request(row.tenant, call.caller.name, id=row.id, **group, **more)
    return "CREATED"


def _register(call: Call, row: Row) -> str:
    wants_object = _check(row)
    user, otp = DEVICE_PREFIX + row.id, row.cells.get("ENROLLMENT_OTP")
    known = user in row.tenant.users
    if otp:
        check_id(row.tenant, row.id)
        add_request(row.tenant, call.caller.name, id=row.id, enrollmentToken=otp)
    if row.cells.get("AUTH_TYPE") == CERTIFICATES:
        certify(row.tenant, user)
    elif known:
        row.tenant.passwords[user] = row.cells["CREDENTIALS"]
    else:
        add_device_user(row.tenant, user, row.cells["CREDENTIALS"])
    if wants_object and not known:
        _create_object(call, row, user)
    return "CREDENTIAL_UPDATED" if known else "CREATED"


def _check(row: Row) -> bool:
    """Refuse a row that cannot be registered; tells whether it wants a managed object."""
    cells, (shortest, longest) = row.cells, PASSWORD_LENGTH
    if not row.id:
        raise invalid("ID is missing.")
    kind = cells.get("AUTH_TYPE") or BASIC
    if kind not in (BASIC, CERTIFICATES):
        raise invalid(f"AUTH_TYPE is {BASIC} or {CERTIFICATES}.")
    if cells.get("ENROLLMENT_OTP") and kind != CERTIFICATES:
        raise invalid(f"With ENROLLMENT_OTP the AUTH_TYPE is {CERTIFICATES}.")
    if kind == BASIC and not shortest <= len(cells.get("CREDENTIALS", "")) <= longest:
        raise invalid(f"CREDENTIALS must have {shortest} to {longest} characters.")
    wants_object = any(cells.get(name) for name in ("TYPE", "NAME", *NEED_AN_OBJECT))
    if wants_object and not (cells.get("TYPE") and cells.get("NAME")):
        raise invalid(f"TYPE and NAME are needed together, and with {', '.join(NEED_AN_OBJECT)}.")
    return wants_object


def _create_object(call: Call, row: Row, owner: str) -> None:
    cells, tenant, at = row.cells, row.tenant, times.now()
    document: Json = {"id": tenant.next_id(), "name": cells["NAME"], "type": cells["TYPE"], "owner": owner}
    document |= {"creationTime": at, "lastUpdated": at, "c8y_IsDevice": {}}
    if cells.get("ICCID"):
        document["c8y_Mobile"] = {"iccid": cells["ICCID"]}
    if cells.get("SHELL") == "1":
        document["c8y_SupportedOperations"] = ["c8y_Command"]
    for name, value in cells.items():
        if value and name not in OWN_COLUMNS and not name.startswith(EXTERNAL):
            _set(document, name, value)
    tenant.inventory.create(document)
    external = [(cells.get("IDTYPE") or "c8y_Serial", row.id)]
    external += [(name.removeprefix(EXTERNAL), cells[name]) for name in cells if name.startswith(EXTERNAL)]
    for kind, value in external:
        if value and (kind, value) not in tenant.identities:
            tenant.bind(kind, value, document["id"])
    if cells.get("PATH"):
        tenant.inventory.link("childAssets", _group(call, row), document["id"])


def _set(document: Json, path: str, value: str) -> None:
    """Set a custom property, which is a text; a dotted name makes objects."""
    *outer, name = path.split(".")
    for step in outer:
        inner = document.setdefault(step, {})
        document = inner if isinstance(inner, dict) else {}
    document[name] = value


def _group(call: Call, row: Row) -> str:
    """The id of the group at a path like `site/hall`; what is missing of it is created."""
    inventory, parent = row.tenant.inventory, ""
    for name in row.cells["PATH"].split("/"):
        roots = inventory.index.of_type("c8y_DeviceGroup").listed()
        among = inventory.children["childAssets"].get(parent, ()) if parent else roots
        found = next((key for key in among if inventory.objects[key].get("name") == name), None)
        if found is None:
            found, at = row.tenant.next_id(), times.now()
            kind = "c8y_DeviceSubGroup" if parent else "c8y_DeviceGroup"
            group = {"id": found, "name": name, "type": kind, "owner": call.caller.name, "creationTime": at}
            inventory.create(group | {"lastUpdated": at, "c8y_IsDeviceGroup": {}})
            if parent:
                inventory.link("childAssets", parent, found)
        parent = found
    return parent
