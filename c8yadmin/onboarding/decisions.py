"""Announcing, accepting and removing devices: each one on its own, with an outcome for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from c8yadmin.onboarding.requests import Policy, Snapshot
from sdk import CumulocityClient, DeviceRequestStatus, Forbidden, Refused, bulk

WORKERS = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one device; `problem` holds the tenant's words, or ours, when it came to nothing."""

    id: str
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem


def announce(c8y: CumulocityClient, ids: Sequence[str], group: str, type: str) -> list[Outcome]:
    """POST /devicecontrol/newDeviceRequests for each of `ids`."""

    def request(id: str) -> Any:
        return c8y.device_requests.request(id, group_id=group or None, type=type or None)

    return _each(request, ids)


def accept(
    c8y: CumulocityClient, ids: Sequence[str], tokens: Mapping[str, str], policy: Policy
) -> list[Outcome]:
    """PUT /devicecontrol/newDeviceRequests/{id} for each of `ids`, and for nothing else that may be waiting.

    What cannot succeed is not tried: a wrong or missing token counts towards the blocking of a device.
    """
    states = {request.id: str(request.status) for request in Snapshot.read(c8y).requests}
    hindered = {id: _hindrance(states.get(id), tokens.get(id, ""), policy) for id in ids}

    def decide(id: str) -> Any:
        return c8y.device_requests.accept(id, security_token=tokens.get(id) or None)

    decided = {outcome.id: outcome for outcome in _each(decide, [id for id in ids if not hindered[id]])}
    return [decided.get(id) or Outcome(id, hindered[id]) for id in ids]


def remove(c8y: CumulocityClient, ids: Sequence[str]) -> list[Outcome]:
    """DELETE /devicecontrol/newDeviceRequests/{id} for each of `ids`."""
    return _each(c8y.device_requests.delete, ids)


def _hindrance(state: str | None, token: str, policy: Policy) -> str:
    if state is None:
        return "There is no request with this id any more."
    if state == DeviceRequestStatus.ACCEPTED:
        return "Somebody accepted it already."
    if policy == "REQUIRED" and not token:
        return "The tenant requires the security token of the device."
    return ""


def _each(call: Callable[[str], Any], ids: Sequence[str]) -> list[Outcome]:
    """`call` for each of `ids`; raises Forbidden when the user may not do this at all."""
    errors = {done.item: done.error for done in bulk(call, ids, workers=WORKERS)}
    refusals = [error for error in errors.values() if isinstance(error, Forbidden)]
    if refusals and len(refusals) == len(ids):
        raise refusals[0]
    return [Outcome(id, _words(errors[id])) for id in ids]


def _words(error: Exception | None) -> str:
    if error is None:
        return ""
    return error.message if isinstance(error, Refused) else str(error)
