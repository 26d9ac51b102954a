"""Placeholders in what an administrator types, filled from each device's own values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from c8yadmin.jobs.registry import Unfit
from sdk import ManagedObject

PLACES = {
    "id": "id",
    "name": "name",
    "type": "type",
    "owner": "owner",
    "serial": "c8y_Hardware.serialNumber",
}
_PATH = re.compile(r"[\w-]+(\.[\w-]+)+")


@dataclass(frozen=True, slots=True)
class Placeholders:
    """How placeholders are written: between `opening` and `closing`."""

    opening: str
    closing: str

    @property
    def known(self) -> str:
        """What may be written, for help and refusals."""
        names = ", ".join(self._written(name) for name in PLACES)
        return f"{names} or the path of a value, such as {self._written('c8y_Hardware.model')}"

    def unknown(self, text: str) -> list[str]:
        """The placeholders of `text` that no device could fill."""
        names = self._pattern.findall(text)
        return [
            self._written(name)
            for name in names
            if name.strip() not in PLACES and not _PATH.fullmatch(name.strip())
        ]

    def stray(self, text: str) -> str:
        """The first brace of `text` that belongs to no placeholder, or nothing."""
        rest = re.search("[{}]", self._pattern.sub("", text))
        return rest[0] if rest else ""

    def any_in(self, text: str) -> bool:
        """Whether the devices' own values stand in `text`."""
        return bool(self._pattern.search(text))

    def fill(self, text: str, device: ManagedObject) -> str:
        """`text` with the values of `device`. Raises Unfit when it lacks one of them."""
        return self._pattern.sub(lambda found: _value(device, found[1].strip()), text)

    @property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(f"{re.escape(self.opening)}([^{{}}]*){re.escape(self.closing)}")

    def _written(self, name: str) -> str:
        return f"{self.opening}{name}{self.closing}"


def _value(device: ManagedObject, name: str) -> str:
    value = device.get(PLACES.get(name, name))
    if value is None or value == "":
        raise Unfit(f"It has no {name}.")
    if isinstance(value, (dict, list)):
        raise Unfit(f"Its {name} is no single value.")
    return str(value).lower() if isinstance(value, bool) else str(value)
