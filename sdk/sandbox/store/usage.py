"""How much a tenant is used, day by day."""

from __future__ import annotations

from collections import Counter, defaultdict

from sdk.sandbox import times

UPDATES = {
    "alarm": "alarmsUpdatedCount",
    "event": "eventsUpdatedCount",
    "inventory": "inventoriesUpdatedCount",
    "devicecontrol": "operationsUpdatedCount",
}


class Usage:
    """Counts calls; `days` maps days as `2026-01-31` to counters by the names of the usage statistics."""

    def __init__(self) -> None:
        self.days: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def count(self, api: str, method: str, device: bool) -> None:
        """Count one call, refused or not; `device`: it came from a device."""
        day = self.days[times.now()[:10]]
        day["requestCount"] += 1
        if device:
            day["deviceRequestCount"] += 1
        if method == "PUT" and api in UPDATES:
            day[UPDATES[api]] += 1
