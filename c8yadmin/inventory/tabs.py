"""The tabs of a managed object: what each of them asks the tenant for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final

from c8yadmin.core.paging import fetch
from c8yadmin.core.request import AppRequest
from c8yadmin.inventory import summary
from c8yadmin.inventory.forms import ChildrenForm
from c8yadmin.inventory.fragments import RELATIONS
from c8yadmin.inventory.rights import why_not_change, why_not_operate
from c8yadmin.inventory.rows import active_alarms, availability
from c8yadmin.ui.documents import pretty

RECENT = 20
CHILDREN: Final = {"devices": "childDevices", "assets": "childAssets", "additions": "childAdditions"}
_ID = re.compile(r"[0-9]{1,20}")

Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    load: Callable[[AppRequest, str, Context], Context]


def contents(request: AppRequest, id: str, key: str) -> Context:
    """What the page of a managed object shows with the tab `key` open; the object is one tenant call."""
    found = request.c8y.inventory.get(id, with_parents=True, with_children=False, with_children_count=True)
    document = found.to_json()
    context = {
        "device": found,
        "document": document,
        "availability": availability(document),
        "alarms": active_alarms(document),
        "blocked": why_not_change(request),
        "operations_blocked": why_not_operate(request),
        "tab": key,
    }
    here = request.link("inventory:detail", id=id)
    context["tabs"] = [
        (name, tab.label, here if name == "summary" else f"{here}?tab={name}", _count(name, context))
        for name, tab in TABS.items()
    ]
    return context | TABS[key].load(request, id, document)


def _count(name: str, context: Context) -> int | None:
    """How many rows a tab has, where the object itself tells."""
    if name == "alarms":
        return sum(count for _, count in context["alarms"]) or None
    if name == "children":
        return sum(child_counts(context["document"]).values()) or None
    return None


def child_counts(document: Mapping[str, Any]) -> dict[str, int]:
    """The number of children of each kind as the tenant counts them, without kinds that it does not count."""
    counts = {}
    for kind, key in CHILDREN.items():
        count = document[key].get("count") if isinstance(document.get(key), Mapping) else None
        if isinstance(count, int):
            counts[kind] = count
    return counts


def _summary(request: AppRequest, id: str, document: Context) -> Context:
    return {
        "cards": summary.cards(document),
        "rows": summary.rows(document),
        "supported": summary.operations(document),
        "coordinates": summary.coordinates(document),
    }


def _json(request: AppRequest, id: str, document: Context) -> Context:
    return {"pieces": linked(document)}


def _alarms(request: AppRequest, id: str, document: Context) -> Context:
    return {"recent": request.c8y.alarms.where(source=id).page(1, RECENT)}


def _operations(request: AppRequest, id: str, document: Context) -> Context:
    return {"recent": request.c8y.operations.where(device_id=id, ascending=False).page(1, RECENT)}


def _children(request: AppRequest, id: str, document: Context) -> Context:
    counts = child_counts(document)
    form = ChildrenForm(request.GET)
    form.is_valid()
    chosen = form.cleaned_data.get("kind") or next((kind for kind in CHILDREN if counts.get(kind)), "devices")
    children = {
        "devices": request.c8y.inventory.child_devices,
        "assets": request.c8y.inventory.child_assets,
        "additions": request.c8y.inventory.child_additions,
    }[chosen]
    listing, status = fetch(form, lambda: children(id))
    here = request.link("inventory:detail", id=id)
    kinds = [
        (kind, f"Child {kind}", f"{here}?tab=children&kind={kind}", counts.get(kind)) for kind in CHILDREN
    ]
    return {"listing": listing, "status": status, "chosen": chosen, "kinds": kinds}


def _identity(request: AppRequest, id: str, document: Context) -> Context:
    return {"external_ids": request.c8y.identity.get_all(id)}


TABS: Final = {
    "summary": Tab("Summary", _summary),
    "json": Tab("JSON", _json),
    "alarms": Tab("Alarms", _alarms),
    "operations": Tab("Operations", _operations),
    "children": Tab("Children", _children),
    "identity": Tab("External ids", _identity),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of JSON text; `id` is set where it is the id of another managed object."""

    text: str
    id: str = ""


def linked(document: Mapping[str, Any]) -> list[Piece]:
    """The document as indented text, cut so that the ids of references can become links.

    Only what the platform itself writes as a reference to a managed object counts, and only if it is an id.
    """
    mark = token_hex(8)  # cannot be in the document, so nothing in it can pass for a reference
    marked = deepcopy(dict(document))
    for relation in RELATIONS:
        for reference in _references(marked.get(relation)):
            if isinstance(reference.get("id"), str) and _ID.fullmatch(reference["id"]):
                reference["id"] = f"{mark}{reference['id']}{mark}"
    parts = re.split(f"{mark}([0-9]+){mark}", pretty(marked))
    return [Piece(part, part if number % 2 else "") for number, part in enumerate(parts)]


def _references(relation: Any) -> list[dict[str, Any]]:
    listed = relation.get("references") if isinstance(relation, Mapping) else None
    found = (
        [item.get("managedObject") for item in listed if isinstance(item, Mapping)]
        if isinstance(listed, list)
        else []
    )
    return [item for item in found if isinstance(item, dict)]
