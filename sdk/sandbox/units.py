"""Systems of units: what the header `X-Cumulocity-System-Of-Units` asks measurements to be shown in."""

from __future__ import annotations

from sdk.sandbox.call import Call, Json, invalid

HEADER = "x-cumulocity-system-of-units"
_PAIRS = (
    ("m", "ft", 3.280839895, 0.0),
    ("km", "mi", 0.6213711922, 0.0),
    ("cm", "in", 0.3937007874, 0.0),
    ("°C", "°F", 1.8, 32.0),
    ("ºC", "ºF", 1.8, 32.0),
    ("K", "°R", 1.8, 0.0),
    ("g", "oz", 0.03527396195, 0.0),
    ("kg", "lb", 2.204622622, 0.0),
)
"""Metric and imperial unit, and the factor and offset from the first to the second."""
CONVERSIONS = {
    "imperial": {metric: (other, factor, offset) for metric, other, factor, offset in _PAIRS},
    "metric": {other: (metric, 1 / factor, -offset / factor) for metric, other, factor, offset in _PAIRS},
}


def in_system(call: Call, measurement: Json) -> Json:
    """The measurement in the system of units that the call asks for; as it was sent if it asks for none."""
    system = call.headers.get(HEADER, "").lower()
    if not system:
        return measurement
    if system not in CONVERSIONS:
        raise invalid(f"The system of units is {' or '.join(CONVERSIONS)}, not '{system}'.")
    return {
        name: {key: _converted(entry, system) for key, entry in fragment.items()}
        if isinstance(fragment, dict) and name != "source"
        else fragment
        for name, fragment in measurement.items()
    }


def _converted(entry: object, system: str) -> object:
    if not isinstance(entry, dict) or not isinstance(entry.get("value"), int | float):
        return entry
    unit = entry.get("unit")
    if not isinstance(unit, str) or unit not in CONVERSIONS[system]:
        return entry
    other, factor, offset = CONVERSIONS[system][unit]
    return entry | {"value": entry["value"] * factor + offset, "unit": other}
