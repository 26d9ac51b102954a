"""What a subscription of Notification 2.0 covers, and what it shows of it."""

from __future__ import annotations

import re
from collections.abc import Callable

from sdk.sandbox.call import Json
from sdk.sandbox.store.feed import CREATE, Change

WITH_CHILDREN = {"alarms": "alarmsWithChildren", "events": "eventsWithChildren"}
APIS = {
    "mo": ("alarms", "events", "managedobjects", "measurements", "operations", *WITH_CHILDREN.values()),
    "tenant": ("alarms", "events", "managedobjects", "operations"),
}
STANDARD = frozenset((
    "additionParents", "assetParents", "bulkOperationId", "childAdditions", "childAssets", "childDevices",
    "count", "creationTime", "deviceExternalIDs", "deviceId", "deviceName", "deviceParents",
    "failureReason", "firstOccurrenceTime", "id", "lastUpdated", "name", "owner", "self", "severity",
    "source", "status", "text", "time", "type",
))  # fmt: skip
_TYPE = re.compile(r"(?:type\s+eq\s+)?'([^']+)'")


def covered_as(subscription: Json, change: Change, above: Callable[[str], set[str]]) -> list[str]:
    """The names of the APIs under which a subscription gets a change; usually one or none.

    In the context `tenant` that is what is created, without measurements; in the context `mo` everything of
    the one object but its creation, and with the `…WithChildren` APIs the alarms and events below it.
    """
    chosen = subscription.get("subscriptionFilter", {})
    apis, types = chosen.get("apis") or ["*"], types_of(chosen.get("typeFilter"))
    kind = change.record.get("type")  # of an operation it may be anything
    if types is not None and not (isinstance(kind, str) and kind in types):
        return []
    own = change.api if change.api in apis or "*" in apis else ""
    if subscription["context"] == "tenant":
        return [own] if own in APIS["tenant"] and change.action == CREATE else []
    source = subscription["source"]["id"]
    new_object = change.api == "managedobjects" and change.action == CREATE
    names = [own] if own and change.source == source and not new_object else []
    wide = WITH_CHILDREN.get(change.api, "")
    return [*names, wide] if wide in apis and source in above(change.source) else names


def types_of(text: str | None) -> set[str] | None:
    """The types that a type filter names: one, bare or quoted, or several quoted ones with `or`; None for
    all. ValueError if it is neither.
    """
    if text is None:
        return None
    if re.fullmatch(r"[^\s']+", text):
        return {text}
    parts = [_TYPE.fullmatch(part.strip()) for part in re.split(r"\s+or\s+", text.strip())]
    if not all(parts):
        raise ValueError(text)
    return {part[1] for part in parts if part}


def copied(subscription: Json, document: Json) -> Json:
    """The document with its standard properties and, where fragments are chosen, no others than those."""
    chosen = subscription.get("fragmentsToCopy")
    if not chosen:
        return document
    return {key: value for key, value in document.items() if key in STANDARD or key in chosen}
