"""The root of the platform and of each API: links and URI templates."""

from __future__ import annotations

from sdk.sandbox.api import alarms, audit, events, managed_objects, operations
from sdk.sandbox.api.current_user import user_api
from sdk.sandbox.call import Answer, Call, Handler, Json, Routes

routes = Routes("platform")

_ALARM_TEMPLATES = {
    "alarmsForStatus": "status={status}",
    "alarmsForSource": "source={source}",
    "alarmsForSourceAndStatus": "source={source}&status={status}",
    "alarmsForTime": "dateFrom={dateFrom}&dateTo={dateTo}",
    "alarmsForStatusAndTime": "status={status}&dateFrom={dateFrom}&dateTo={dateTo}",
    "alarmsForSourceAndTime": "source={source}&dateFrom={dateFrom}&dateTo={dateTo}",
    "alarmsForSourceAndStatusAndTime": "source={source}&status={status}&dateFrom={dateFrom}&dateTo={dateTo}",
}
_AUDIT_TEMPLATES = {
    "auditRecordsForType": "type={type}",
    "auditRecordsForUser": "user={user}",
    "auditRecordsForApplication": "application={application}",
    "auditRecordsForUserAndType": "user={user}&type={type}",
    "auditRecordsForUserAndApplication": "user={user}&application={application}",
    "auditRecordsForTypeAndApplication": "type={type}&application={application}",
    "auditRecordsForTypeAndUserAndApplication": "type={type}&user={user}&application={application}",
}
_EVENT_TEMPLATES = {
    "eventsForType": "type={type}",
    "eventsForSource": "source={source}",
    "eventsForFragmentType": "fragmentType={fragmentType}",
    "eventsForSourceAndType": "source={source}&type={type}",
    "eventsForTime": "dateFrom={dateFrom}&dateTo={dateTo}",
    "eventsForSourceAndTime": "source={source}&dateFrom={dateFrom}&dateTo={dateTo}",
}
_MEASUREMENT_TEMPLATES = {
    "measurementsForType": "type={type}",
    "measurementsForSource": "source={source}",
    "measurementsForSourceAndType": "source={source}&type={type}",
    "measurementsForValueFragmentType": "valueFragmentType={valueFragmentType}",
    "measurementsForDate": "dateFrom={dateFrom}&dateTo={dateTo}",
    "measurementsForSourceAndDate": "source={source}&dateFrom={dateFrom}&dateTo={dateTo}",
}
_OPERATION_TEMPLATES = {
    "operationsByStatus": "status={status}",
    "operationsByAgentId": "agentId={agentId}",
    "operationsByDeviceId": "deviceId={deviceId}",
    "operationsByAgentIdAndStatus": "agentId={agentId}&status={status}",
    "operationsByDeviceIdAndStatus": "deviceId={deviceId}&status={status}",
}
_INVENTORY_TEMPLATES = {
    "managedObjectsForType": "type={type}",
    "managedObjectsForFragmentType": "fragmentType={fragmentType}",
    "managedObjectsForListOfIds": "ids={ids}",
}

# root: (name in the platform, collection path, name of the collection, its templates, roles, media type)
ROOTS = {
    "/inventory": ("inventory", "managedObjects", _INVENTORY_TEMPLATES, managed_objects.READ, "inventoryapi"),
    "/alarm": ("alarm", "alarms", _ALARM_TEMPLATES, alarms.READ, "alarmapi"),
    "/audit": ("audit", "auditRecords", _AUDIT_TEMPLATES, audit.READ, "auditapi"),
    "/event": ("event", "events", _EVENT_TEMPLATES, events.READ, "eventapi"),
    "/measurement": ("measurement", "measurements", _MEASUREMENT_TEMPLATES, (), "measurementapi"),
    "/devicecontrol": (
        "deviceControl", "operations", _OPERATION_TEMPLATES, operations.READ, "devicecontrolapi",
    ),
}  # fmt: skip


def _resource(base: str, root: str) -> Json:
    _, collection, templates, _, _ = ROOTS[root]
    where = f"{base}{root}/{collection}"
    links = {name: f"{where}?{query}" for name, query in templates.items()}
    inner = "references" if root == "/inventory" else collection
    return {"self": f"{base}{root}", collection: {"self": where, inner: []}} | links


def _identity(base: str) -> Json:
    return {
        "self": f"{base}/identity",
        "externalId": f"{base}/identity/externalIds/{{type}}/{{externalId}}",
        "externalIdsOfGlobalId": f"{base}/identity/globalIds/{{globalId}}/externalIds",
    }


def _tenant(base: str) -> Json:
    own = f"{base}/tenant"
    return {
        "self": own,
        "tenants": {"self": f"{own}/tenants", "tenants": []},
        "options": {"self": f"{own}/options", "options": []},
        "tenantForId": f"{own}/tenants/{{tenantId}}",
        "tenantApplications": f"{own}/tenants/{{tenantId}}/applications",
        "tenantApplicationForId": f"{own}/tenants/{{tenantId}}/applications/{{applicationId}}",
        "tenantOptionsForCategory": f"{own}/options/{{category}}",
        "tenantOptionForCategoryAndKey": f"{own}/options/{{category}}/{{key}}",
        "tenantSystemOptions": f"{own}/system/options",
        "tenantSystemOptionsForCategoryAndKey": f"{own}/system/options/{{category}}/{{key}}",
    }


def _get_root(root: str) -> Handler:
    return lambda call: Answer(_resource(call.base, root))


for _root, (*_, _roles, _media) in ROOTS.items():
    routes.get(_root, roles=_roles, produces=_media)(_get_root(_root))


@routes.get("/identity", roles=("ROLE_IDENTITY_READ",), produces="identityapi")
def get_identity_api(call: Call) -> Answer:
    return Answer(_identity(call.base))


@routes.get("/tenant", roles=("ROLE_TENANT_MANAGEMENT_READ",), produces="tenantapi")
def get_tenant_api(call: Call) -> Answer:
    return Answer(_tenant(call.base))


@routes.get("/platform", produces="platformapi")
def get_platform(call: Call) -> Answer:
    body: Json = {ROOTS[root][0]: _resource(call.base, root) for root in ROOTS}
    body |= {"identity": _identity(call.base), "tenant": _tenant(call.base), "user": user_api(call)}
    return Answer(body | {"self": f"{call.base}/platform"})
