"""The device requests of a tenant as one picture, and how it checks a device's security token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from sdk import CumulocityClient, DeviceRequestStatus, Forbidden, NewDeviceRequest, NotFound, path

Policy = str  # IGNORED, OPTIONAL or REQUIRED
POLICY_OPTION = ("device-registration", "security-token.policy")


@dataclass(frozen=True)
class Snapshot:
    """All requests at one moment: the tenant can neither filter nor sort them, so they are read whole."""

    requests: Sequence[NewDeviceRequest]

    @classmethod
    def read(cls, c8y: CumulocityClient) -> Snapshot:
        """GET /devicecontrol/newDeviceRequests, one call for every 2,000 requests."""
        return cls(
            [request for page in c8y.device_requests.where().pages(size=2000) for request in page.items]
        )

    @cached_property
    def counts(self) -> list[tuple[str, int]]:
        """How many requests are in each state: the known states always, unknown ones where they occur."""
        found = Counter(str(request.status) for request in self.requests)
        known = [status.value for status in DeviceRequestStatus]
        return [(status, found.pop(status, 0)) for status in known] + sorted(found.items())

    @cached_property
    def newest(self) -> str:
        """The time of the youngest request, as ISO 8601; empty when there is none."""
        return max((created(request) for request in self.requests), default=NEVER).isoformat()

    @cached_property
    def digest(self) -> str:
        """Differs as soon as any request came, went or changed its state."""
        states = sorted(f"{request.id}\0{request.status}" for request in self.requests)
        return sha256("\n".join(states).encode(errors="surrogatepass")).hexdigest()[:20]

    def newer_than(self, moment: datetime) -> int:
        """How many requests were made after `moment`."""
        return sum(created(request) > moment for request in self.requests)


NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def created(request: NewDeviceRequest) -> datetime:
    """When the request was made; the beginning of time where the tenant does not say."""
    return request.creation_datetime or NEVER


def policy(c8y: CumulocityClient) -> Policy:
    """Whether accepting a device needs its security token: IGNORED, OPTIONAL or REQUIRED.

    GET /tenant/options/device-registration/security-token.policy. OPTIONAL is what the platform does when the
    option is not set, and what a user who may not read it has to assume.
    """
    try:
        option: dict[str, Any] = c8y.get(path("tenant", "options", *POLICY_OPTION))
    except (NotFound, Forbidden):
        return "OPTIONAL"
    value = str(option.get("value", "")).upper()
    return value if value in ("IGNORED", "REQUIRED") else "OPTIONAL"


def group_names(c8y: CumulocityClient, requests: Sequence[NewDeviceRequest]) -> dict[str, str]:
    """The names of the groups that `requests` shall join, by id: one call, none when they name no group."""
    named = {str(request.group_id) for request in requests if request.group_id}
    wanted = sorted(id for id in named if id.isdecimal())
    if not wanted:
        return {}
    found = c8y.inventory.where(ids=wanted).page(1, len(wanted), total=False)
    return {str(group.id): group.name for group in found.items if group.name}
