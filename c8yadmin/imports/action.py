"""Importing rows as what jobs do: each of them creates one object or changes one, exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from c8yadmin.core.jsontext import Json
from c8yadmin.core.listing import ListForm
from c8yadmin.core.request import AppRequest
from c8yadmin.imports import packing
from c8yadmin.imports.kinds import ImportKind, register_kind
from c8yadmin.imports.mapping import Entry, Mapping
from c8yadmin.imports.models import Upload
from c8yadmin.imports.validation import checked
from c8yadmin.jobs.registry import (
    Action,
    Occasion,
    Outcome,
    Params,
    Preview,
    TargetKind,
    action,
    register_target,
)
from sdk import CumulocityClient, Timeout

GONE = "The rows of this import are no longer kept."


class ImportAction(Action):
    """The import of files as `kind`.

    Its parameters are the file's name, its upload and how its columns are understood; each row is read by
    `load` and frozen when it was checked. A creation whose answer was lost is looked up before it is sent
    again.
    """

    kind: ClassVar[ImportKind]
    label: ClassVar[str] = "Import"
    calls: ClassVar[int] = 2
    repeatable: ClassVar[bool] = False
    panel: ClassVar[str] = "imports/panel.html"

    def blocked(self, request: AppRequest) -> str:
        return self.kind.blocked(request)

    def describe(self, params: Params) -> str:
        return f"Import {self.kind.label[1]} from {params['file']}"

    def load(self, params: Params, ids: Sequence[str]) -> Params:
        upload = Upload.objects.filter(pk=params["upload"]).first()
        if upload is None:
            return params | {"rows": {}}
        mapping = Mapping.read(upload.header, params["mapping"])
        found = packing.picked(upload, [int(id) for id in ids])
        rows = {str(number): mapping.entry(number, cells, verdict.id) for (number, cells), verdict in found}
        return params | {"mapping": mapping, "rows": rows}

    def figures(self, params: Params) -> dict[str, int]:
        upload = Upload.objects.filter(pk=params["upload"]).first()
        return packing.counts(upload) if upload else {}

    def shown(self, params: Params) -> dict[str, Any]:
        upload = Upload.objects.filter(pk=params["upload"]).first()
        return {"upload": upload, "kind": self.kind, "counts": packing.counts(upload) if upload else {}}

    def preview(self, c8y: CumulocityClient, ids: Sequence[str], params: Params) -> list[Preview]:
        rows: dict[str, Entry] = params["rows"]
        current = self.kind.current(c8y, [rows[id].id for id in ids if rows[id].id])
        return [self._foreseen(rows[id], current.get(rows[id].id, {}), params["mapping"]) for id in ids]

    def _foreseen(self, entry: Entry, current: Json, mapping: Mapping) -> Preview:
        label = " · ".join(filter(None, dict.fromkeys((f"Row {entry.number}", entry.value, entry.id))))
        if not entry.id:
            return Preview(str(entry.number), label, {}, self.kind.content(mapping, entry))
        changes = self.kind.changes(current, entry.document)
        before = {name: current[name] for name in changes if name in current}
        return Preview(str(entry.number), label, before, changes)

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        entry: Entry | None = params["rows"].get(id)
        if entry is None:
            return Outcome.failed(GONE, "gone")
        if entry.id:
            return self.kind.change(c8y, entry)
        mapping: Mapping = params["mapping"]
        if occasion.repeated and (known := self._looked_up(c8y, mapping, entry, occasion)):
            return known
        try:
            self.kind.create(c8y, mapping, entry, occasion)
        except Timeout as error:
            occasion.unanswered |= not error.safe_to_repeat
            raise
        return Outcome.ok()

    def _looked_up(
        self, c8y: CumulocityClient, mapping: Mapping, entry: Entry, occasion: Occasion
    ) -> Outcome | None:
        """How the call of an earlier attempt ended; None when it never arrived and may be sent again."""
        known = self.kind.made(c8y, mapping, entry, occasion)
        if known is None and occasion.unanswered:
            return Outcome.unknown(
                "The tenant did not answer in time; what the row creates may still appear.", "timeout"
            )
        return known


def importing(cls: type[ImportAction]) -> type[ImportAction]:
    """Class decorator: jobs, pages and the command line can import this."""
    kind = cls.kind
    register_kind(kind)
    register_target(
        TargetKind(
            name=f"{kind.name} rows",
            label=("row", "rows"),
            form=ListForm,
            listing=kind.listing,
            source=checked,
        )
    )
    return action(cls)
