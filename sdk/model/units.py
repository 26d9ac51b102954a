"""Values of measurements with their units, ready to be put into a fragment."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple


class Units(StrEnum):
    """Common units, as the platform's own pages write them."""

    Grams = "g"
    Kilograms = "kg"
    Kelvin = "K"
    Celsius = "°C"
    Fahrenheit = "°F"
    Meters = "m"
    Centimeters = "cm"
    Millimeters = "mm"
    Liters = "l"
    CubicMeters = "m3"
    Count = "#"
    Percent = "%"


class SeriesValue(NamedTuple):
    """One value of one series: ``("c8y_Temperature.T", 22.8, "°C")``."""

    name: str
    value: float
    unit: str | None = None


class Value(dict[str, Any]):
    """One value, itself the JSON of it: ``{"unit": "°C", "value": 22.8}``.

    Args:
        value: a finite number.
        unit: its unit; what the class stands for when left out.

    Raises:
        ValueError: for anything but a finite number, which the platform would drop without a word.
    """

    default_unit: ClassVar[str | None] = None

    def __init__(self, value: float, unit: str | None = None) -> None:
        if not is_number(value):
            raise ValueError(f"The value of a series is a finite number, not {value!r}.")
        known = unit or self.default_unit
        super().__init__({"unit": str(known), "value": value} if known else {"value": value})

    @property
    def value(self) -> float:
        """The number."""
        number: float = self["value"]
        return number

    @property
    def unit(self) -> str | None:
        """The unit, None if there is none."""
        return self.get("unit")

    @classmethod
    def at(cls, name: str, value: float) -> SeriesValue:
        """The value of a series by its name, for ``Measurement(series=…)``.

        Args:
            name: ``fragment.series``.
        """
        made = cls(value)
        return SeriesValue(name, made.value, made.unit)


class Grams(Value):
    """A weight in grams."""

    default_unit = Units.Grams


class Kilograms(Value):
    """A weight in kilograms."""

    default_unit = Units.Kilograms


class Kelvin(Value):
    """A temperature in kelvins."""

    default_unit = Units.Kelvin


class Celsius(Value):
    """A temperature in degrees Celsius."""

    default_unit = Units.Celsius


class Fahrenheit(Value):
    """A temperature in degrees Fahrenheit."""

    default_unit = Units.Fahrenheit


class Meters(Value):
    """A length in metres."""

    default_unit = Units.Meters


class Centimeters(Value):
    """A length in centimetres."""

    default_unit = Units.Centimeters


class Millimeters(Value):
    """A length in millimetres."""

    default_unit = Units.Millimeters


class Liters(Value):
    """A volume in litres."""

    default_unit = Units.Liters


class CubicMeters(Value):
    """A volume in cubic metres."""

    default_unit = Units.CubicMeters


class Count(Value):
    """A number of things."""

    default_unit = Units.Count


class Percent(Value):
    """A share in percent."""

    default_unit = Units.Percent


Percentage = Percent

grams, kilograms, kelvin, celsius, fahrenheit = Grams.at, Kilograms.at, Kelvin.at, Celsius.at, Fahrenheit.at
meters, centimeters, millimeters = Meters.at, Centimeters.at, Millimeters.at
liters, cubic_meters, count, percent = Liters.at, CubicMeters.at, Count.at, Percent.at
percentage = percent


def is_number(value: object) -> bool:
    """Whether the platform takes it for the value of a series."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
