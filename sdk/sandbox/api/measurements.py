"""Measurements."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from sdk.sandbox import exports, times
from sdk.sandbox.api.fragments import check_names
from sdk.sandbox.api.sources import fetch_record, in_range, require_any, require_source_of, source_of
from sdk.sandbox.call import Answer, Call, Json, Routes, invalid, not_found
from sdk.sandbox.paging import collection, current_page, page_size
from sdk.sandbox.series import aggregation_of, table
from sdk.sandbox.store.feed import CREATE
from sdk.sandbox.units import in_system

routes = Routes("measurement")

READ, ADMIN = ("ROLE_MEASUREMENT_READ",), ("ROLE_MEASUREMENT_ADMIN",)
ALL, ONE = "/measurement/measurements", "/measurement/measurements/{id}"
DELETE_FILTERS = ("source", "dateFrom", "dateTo")
PLAIN = frozenset(("id", "self", "source", "time", "type"))


def render(call: Call, measurement: Json) -> Json:
    source = measurement["source"]["id"]
    shown = {"id": source, "self": call.link("inventory", "managedObjects", source)}
    own = call.link("measurement", "measurements", measurement["id"])
    return in_system(call, measurement) | {"self": own, "source": shown}


def series_of(measurement: Json) -> Iterator[tuple[str, str, Json]]:
    """(fragment, series, value object) of each series in a measurement."""
    for fragment, content in measurement.items():
        if fragment in PLAIN or not isinstance(content, dict):
            continue
        for name, entry in content.items():
            if isinstance(entry, dict) and _is_number(entry.get("value")):
                yield fragment, name, entry


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _matches(call: Call, newest_first: bool = False) -> list[Json]:
    """The measurements that the parameters select; with dates, `revert` decides on their order."""
    tests = in_range(call, "date", "time")
    kind = call.text("type")
    fragment = call.text("valueFragmentType") or call.text("fragmentType")
    series = call.text("valueFragmentSeries")
    if kind is not None:
        tests.append(lambda found: found["type"] == kind)
    if fragment is not None:
        tests.append(lambda found: fragment in found)
    if series is not None:
        tests.append(
            lambda found: any(
                name == series and fragment in (None, part) for part, name, _ in series_of(found)
            )
        )
    source = call.text("source")
    stored = call.tenant.measurements
    found = stored.newest() if source is None else stored.newest_of({source})
    listed = [entry for entry in found if all(test(entry) for test in tests)]
    if call.text("dateFrom") or call.text("dateTo"):
        newest_first = call.flag("revert", default=newest_first)
    return listed if newest_first else listed[::-1]


@routes.get(
    ALL, roles=READ, scope="MEASUREMENT:READ", produces="|".join(("measurementcollection", *exports.FORMATS))
)
def list_measurements(call: Call) -> Answer:
    """A page of measurements, or as a table or stream all of them, unless a page is asked for."""
    wanted = exports.chosen(call.headers.get("accept", ""))
    if wanted:
        return _export(call, wanted)
    matches = _matches(call, newest_first=call.tenant.time_series)
    page = collection(call, "measurements", matches, lambda found: render(call, found), source=source_of)
    page.media = "measurementcollection"
    return page


def _export(call: Call, wanted: str) -> Answer:
    found = [entry for entry in _matches(call) if call.sees(source_of(entry))]
    if call.text("pageSize"):
        first = (current_page(call) - 1) * page_size(call)
        found = found[first : first + page_size(call)]
    if wanted == exports.STREAM:
        own = call.link("measurement", "measurements")
        return Answer({"measurements": [render(call, entry) for entry in found], "self": own}, media=wanted)
    return exports.table(wanted, (_with_name(call, entry) for entry in found), series_of)


def _with_name(call: Call, measurement: Json) -> Json:
    source = source_of(measurement)
    name = call.tenant.inventory.objects.get(source, {}).get("name", "")
    return in_system(call, measurement) | {"source": {"id": source, "name": name}}


@routes.post(
    ALL,
    roles=ADMIN,
    scope="MEASUREMENT:ADMIN",
    consumes=("measurement", "measurementcollection"),
    produces="measurement|measurementcollection",
)
def create_measurements(call: Call) -> Answer:
    many = "measurements" in call.json
    bodies = call.json["measurements"] if many else [call.json]
    if not isinstance(bodies, list) or not all(isinstance(body, dict) for body in bodies):
        raise invalid("'measurements' must be a list of measurements.")
    checked = [_checked(call, body) for body in bodies]
    shown = [render(call, _store(call, measurement)) for measurement in checked]
    if call.transient:
        shown = [{key: value for key, value in found.items() if key not in ("id", "self")} for found in shown]
    if many:
        return Answer({"measurements": shown}, 201, "measurementcollection")
    headers = [("Location", shown[0]["self"])] if "self" in shown[0] else []
    return Answer(shown[0], 201, "measurement", headers)


def _checked(call: Call, body: Json) -> Json:
    """The measurement without what is no series beside one that is: the platform drops it in silence.

    A fragment without any series is kept as it is.
    """
    for key in ("id", "self"):
        if key in body:
            raise invalid(f"The property '{key}' of a measurement cannot be set.")
    source = require_source_of(call, body, ("type", "time"))
    content = {"source": {"id": source["id"]}, "time": times.normal(body["time"]), "type": body["type"]}
    custom = {name: value for name, value in body.items() if name not in PLAIN}
    if not any(isinstance(value, dict) and value for value in custom.values()):
        raise invalid("A measurement needs a fragment with a series.")
    series: dict[str, Json] = {}
    for fragment, name, entry in series_of(custom):
        _check_unit(entry)
        series.setdefault(fragment, {})[name] = entry
    for names in series.values():
        check_names(names, "series")
    return content | custom | series


def _check_unit(entry: Json) -> None:
    if "unit" in entry and not (isinstance(entry["unit"], str) and entry["unit"]):
        raise invalid("The unit of a series is a text that is not empty.")


def _store(call: Call, measurement: Json) -> Json:
    source = source_of(measurement)
    measurement["id"] = call.tenant.next_id()
    if call.transient:
        call.tenant.measurements.announce(CREATE, measurement)
    else:
        call.tenant.measurements.put(measurement)
        known = call.tenant.series.get(source, ())
        found = {f"{fragment}.{name}" for fragment, name, _ in series_of(measurement)}
        if found - set(known):
            call.tenant.series[source] = found.union(known)
    if not call.is_application:
        call.tenant.heard_from(source)
    return measurement


@routes.delete(ALL, roles=ADMIN)
def delete_measurements(call: Call) -> Answer:
    require_any(call, DELETE_FILTERS, "delete measurements")
    dates = (call.text(name) for name in ("dateFrom", "dateTo"))
    if call.tenant.time_series and not all(date is None or _is_full_hour(date) for date in dates):
        raise invalid("dateFrom and dateTo must be full hours to delete time series.")
    found = _matches(call)
    call.tenant.backlog.do(partial(call.tenant.measurements.discard, entry["id"]) for entry in found)
    return Answer(status=204)


def _is_full_hour(date: str) -> bool:
    return times.normal(date).endswith(":00:00.000Z")


@routes.get(f"{ALL}/series", roles=READ, scope="MEASUREMENT:READ", produces="application/json")
def get_series(call: Call) -> Answer:
    for name in ("source", "dateFrom", "dateTo"):
        if call.text(name) is None:
            raise invalid(f"The parameter {name} is required.")
    call.require(str(call.text("source")))
    aggregation = aggregation_of(call)
    wanted = set(call.query.get("series", ()))
    found = [
        (measurement["time"], (fragment, name), entry)
        for measurement in _matches(call)
        for fragment, name, entry in series_of(in_system(call, measurement))
        if not wanted or f"{fragment}.{name}" in wanted
    ]
    return Answer(table(found, aggregation))


@routes.get(ONE, roles=READ, scope="MEASUREMENT:READ", produces="measurement")
def get_measurement(call: Call) -> Answer:
    if call.tenant.time_series:
        raise not_found("Time series are found by their filters only, not by an id.")
    return Answer(render(call, fetch_record(call, call.tenant.measurements, "measurement")))


@routes.delete(ONE, roles=ADMIN, scope="MEASUREMENT:ADMIN")
def delete_measurement(call: Call) -> Answer:
    call.tenant.measurements.remove(fetch_record(call, call.tenant.measurements, "measurement")["id"])
    return Answer(status=204)
