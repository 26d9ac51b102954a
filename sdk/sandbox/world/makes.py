"""The makes of devices in the sandbox, and the words for what happens to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Make:
    """A make: name for people, type, model and hardware, what it can do and what it measures.

    `series`: (fragment.series, unit, lowest, highest). `share`: how many of a hundred devices are of this
    make.
    """

    name: str
    type: str
    prefix: str
    model: str
    share: int
    operations: tuple[str, ...]
    series: tuple[tuple[str, str, float, float], ...]
    firmware: tuple[str, ...]
    mobile: bool = False


MAKES = (
    Make(
        "Pump", "c8y_Pump", "PMP", "Hydra 300", 25,
        operations=("c8y_Restart", "c8y_Configuration", "c8y_Firmware"),
        series=(("c8y_Pressure.P", "bar", 1.5, 9.5), ("c8y_Flow.F", "l/min", 20, 180)),
        firmware=("2.4.0", "2.5.1", "3.0.0"),
    ),
    Make(
        "Gateway", "c8y_Gateway", "GTW", "EdgeBox 7", 6,
        operations=("c8y_Restart", "c8y_Software", "c8y_Firmware", "c8y_Command"),
        series=(("c8y_CPU.load", "%", 3, 95), ("c8y_SignalStrength.rssi", "dBm", -110, -60)),
        firmware=("7.1.2", "7.2.0"), mobile=True,
    ),
    Make(
        "Sensor", "c8y_Sensor", "SNS", "TempEye 2", 36, operations=(),
        series=(("c8y_Temperature.T", "°C", -5, 42), ("c8y_Battery.level", "%", 5, 100)),
        firmware=("1.0.4", "1.1.0"),
    ),
    Make(
        "Compressor", "c8y_Compressor", "CMP", "AirMax 45", 10,
        operations=("c8y_Restart", "c8y_Configuration"),
        series=(("c8y_Pressure.P", "bar", 5, 13), ("c8y_Temperature.T", "°C", 20, 95)),
        firmware=("4.0.0", "4.1.3"),
    ),
    Make(
        "Meter", "c8y_SmartMeter", "MTR", "VoltWise", 13,
        operations=("c8y_MeasurementRequestOperation", "c8y_Restart"),
        series=(("c8y_Energy.E", "kWh", 100, 90000), ("c8y_Voltage.U", "V", 219, 241)),
        firmware=("10.3", "10.4"),
    ),
    Make(
        "Tracker", "c8y_Tracker", "TRK", "RoadDot", 10, operations=("c8y_Restart", "c8y_LogfileRequest"),
        series=(("c8y_Speed.v", "km/h", 0, 110), ("c8y_Battery.level", "%", 5, 100)),
        firmware=("0.9.8", "1.0.0"), mobile=True,
    ),
)  # fmt: skip

STRANGE_NAMES = {
    3: "Pump O'Neill's \"Backup\"",
    7: "<b>Sensor</b> <img src=x onerror=alert(1)>",
    11: "Übergabe-Pumpe Süd 50% & Co",
    17: "invoice\u202egnp.exe",
    23: "温度センサー 第4棟",
    29: "Compressor " + "with a very long name " * 12,
}
SITES = (
    "Aarhus",
    "Berlin",
    "Cádiz",
    "Dresden",
    "Eindhoven",
    "Firenze",
    "Göteborg",
    "Hamburg",
    "Izmir",
    "Jyväskylä",
)
ALARMS = (
    ("c8y_UnavailabilityAlarm", "No data received from the device within the required interval.", "MAJOR"),
    ("c8y_HighTemperature", "Temperature is above the limit.", "CRITICAL"),
    ("c8y_LowBattery", "Battery is below 10 %.", "MINOR"),
    ("c8y_PressureLoss", "Pressure drops faster than expected.", "CRITICAL"),
    ("c8y_MaintenanceDue", "Maintenance is due; see <a href='x'>manual</a>.", "WARNING"),
)
EVENTS = (
    ("c8y_Boot", "Device started"),
    ("c8y_DoorOpened", "Cabinet door opened"),
    ("c8y_ConfigurationChanged", "Configuration changed on site"),
)
OPERATIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Restart device", {"c8y_Restart": {}}),
    (
        "Update firmware",
        {"c8y_Firmware": {"name": "core", "version": "9.9.1", "url": "https://example.com/core.bin"}},
    ),
    ("Send configuration", {"c8y_Configuration": {"config": "interval=60\nlevel=info\n"}}),
    ("Run command", {"c8y_Command": {"text": "uptime"}}),
)
FAILURES = ("Timeout while waiting for the device", "Checksum mismatch", "Not enough space on /dev/mmcblk0")
