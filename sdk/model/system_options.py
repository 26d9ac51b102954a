"""System options: settings of the platform, to read."""

from __future__ import annotations

from sdk.model import fields
from sdk.model.object import CumulocityObject
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor


class SystemOption(CumulocityObject):
    """One setting of the platform."""

    __slots__ = ()
    category = fields.text("category", readonly=True)
    key = fields.text("key", readonly=True)
    value = fields.text("value", readonly=True)


class SystemOptions:
    """The settings of the platform that the tenant may see."""

    def __init__(self, c8y: CumulocityRestClient) -> None:
        self.c8y = c8y

    def get_all(self) -> list[SystemOption]:
        """All of them (GET /tenant/system/options)."""
        found = self.c8y.get("/tenant/system/options", accept=vendor("optioncollection"))
        return SystemOption._listed(found, "options", self.c8y)

    def get(self, category: str, key: str) -> SystemOption:
        """One of them (GET /tenant/system/options/{category}/{key}).

        Raises:
            NotFound: when there is none.
        """
        place = codec.path("tenant", "system", "options", category, key)
        return SystemOption.from_json(self.c8y.get(place, accept=vendor("option")), self.c8y)

    def get_value(self, category: str, key: str) -> str:
        """The value of one of them, e.g. of ``("system", "version")``."""
        return self.get(category, key).value or ""
