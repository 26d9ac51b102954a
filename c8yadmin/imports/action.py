"""Importing rows as what jobs do: each of them creates one object or changes one, exactly once."""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from typing import Any, ClassVar

from c8yadmin.core.jsontext import Json
from c8yadmin.core.listing import ListForm
from c8yadmin.core.request import AppRequest
from c8yadmin.imports import failed as failures
from c8yadmin.imports import packing
from c8yadmin.imports.kinds import ImportKind, Made, register_kind
from c8yadmin.imports.mapping import Entry, Key, Mapping, part, undone
from c8yadmin.imports.models import Upload
from c8yadmin.imports.validation import checked
from c8yadmin.imports.verdicts import fruitless
from c8yadmin.jobs.execution.differences import changes, same
from c8yadmin.jobs.registry import (
    Image,
    Occasion,
    Outcome,
    Params,
    Preview,
    TargetKind,
    Unfit,
    action,
    register_target,
)
from c8yadmin.jobs.undoing.reversal import AS_BEFORE, GONE_ALREADY, Undoable
from sdk import CumulocityClient, Forbidden, NotFound, Timeout

GONE = "The rows of this import are no longer kept."


class ImportAction(Undoable):
    """The import of files as `kind`.

    Its parameters are the file's name, its upload and how its columns are understood; each row is read by
    `load` and frozen when it was checked. A creation whose answer was lost is looked up before it is sent
    again.
    """

    kind: ClassVar[ImportKind]
    label: ClassVar[str] = "Import"
    calls: ClassVar[int] = 2
    undo_calls: ClassVar[int] = 4
    repeatable: ClassVar[bool] = False
    panel: ClassVar[str] = "imports/panel.html"
    final: ClassVar[str] = "What the revert of an import deletes is lost."
    loses: ClassVar[str] = "What it created is deleted then, with all that belongs to it."
    takes_away: ClassVar[bool] = True

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

    def fruitless(self, params: Params, figures: Table[str, int]) -> str:
        upload = Upload.objects.filter(pk=params["upload"]).first()
        why = fruitless(figures) if upload else ""
        first = packing.listed(upload, "rejected", 0, 1) if upload and why else []
        return " ".join([why, *(f"Row {number:,}: {verdict.words}" for (number, _), verdict in first)])

    def shown(self, params: Params, figures: Table[str, int]) -> dict[str, Any]:
        upload = Upload.objects.filter(pk=params["upload"]).select_related("job").first()
        failed = failures.count(upload, figures) if upload else 0
        return {"upload": upload, "kind": self.kind, "counts": figures, "failed": failed}

    def preview(self, c8y: CumulocityClient, ids: Sequence[str], params: Params) -> list[Preview]:
        rows: dict[str, Entry] = params["rows"]
        current = self.kind.current(c8y, [rows[id].id for id in ids if rows[id].id])
        return [self._foreseen(rows[id], current.get(rows[id].id, {}), params["mapping"]) for id in ids]

    def _foreseen(self, entry: Entry, current: Json, mapping: Mapping) -> Preview:
        label = " · ".join(filter(None, dict.fromkeys((f"Row {entry.number}", entry.value, entry.id))))
        if not entry.id:
            content = self.kind.content(mapping, entry)
            return Preview(str(entry.number), label, {}, content, effect="created")
        after = self.kind.changes(current, entry.document)
        before = {name: current[name] for name in after if name in current}
        return Preview(str(entry.number), label, before, after)

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        entry: Entry | None = params["rows"].get(id)
        if entry is None:
            return Outcome.failed(GONE, "gone")
        if entry.id:
            return self._change(c8y, entry, occasion)
        mapping: Mapping = params["mapping"]
        made = Made(f"{occasion.job}/{entry.number}", entry.document)
        if occasion.repeated and (known := self._looked_up(c8y, mapping, entry, made, occasion)):
            return known
        occasion.keep({}, {"mark": made.mark, "told": entry.value, "values": made.values})
        try:
            self.kind.create(c8y, mapping, entry, made.mark)
        except Timeout as error:
            occasion.unanswered |= not error.safe_to_repeat
            raise
        return Outcome.ok()

    def _change(self, c8y: CumulocityClient, entry: Entry, occasion: Occasion) -> Outcome:
        current, changed_at = self.kind.read(c8y, entry.id)
        now = part(current, entry.document)
        if (earlier := occasion.earlier) and same(now, earlier.after["values"]):
            occasion.keep(earlier.before, earlier.after)
            return Outcome.ok()
        wanted = self.kind.changes(current, entry.document)
        if not wanted:
            return Outcome.already_so("It holds these values already.", changed_at)
        then = part(current | wanted, entry.document)
        occasion.keep({"of": entry.id, "values": now}, {"of": entry.id, "values": then})
        self.kind.write(c8y, entry.id, wanted)
        return Outcome.ok()

    def _looked_up(
        self, c8y: CumulocityClient, mapping: Mapping, entry: Entry, made: Made, occasion: Occasion
    ) -> Outcome | None:
        """How the call of an earlier attempt ended; None when it never arrived and may be sent again."""
        try:
            found = self.kind.created(c8y, mapping.key, entry.value, made)
        except Unfit as why:
            return Outcome.failed(str(why), "exists")
        except Forbidden as error:
            words = f"Nobody can tell whether this was created: {error.message}"
            return Outcome.unknown(words, error.error, error.status)
        if found and occasion.earlier:
            occasion.keep(occasion.earlier.before, occasion.earlier.after)
        if found:
            return Outcome.ok()
        if occasion.unanswered:
            return Outcome.unknown(
                "The tenant did not answer in time; what the row creates may still appear.", "timeout"
            )
        return None

    def restore(
        self, c8y: CumulocityClient, id: str, image: Image, params: Params, occasion: Occasion
    ) -> Outcome:
        try:
            of, current = self._left(c8y, image, params)
        except NotFound:
            return Outcome.already_so(GONE_ALREADY)
        if not image.before:
            self.kind.delete(c8y, of)
            return Outcome.ok()
        if same(part(current, image.after["values"]), image.before["values"]):
            return Outcome.already_so(AS_BEFORE)
        self.kind.write(c8y, of, undone(current, image.before["values"], image.after["values"]))
        return Outcome.ok()

    def _left(self, c8y: CumulocityClient, image: Image, params: Params) -> tuple[str, Json]:
        """The object of an image, and what it is now. Raises NotFound, and Unfit where others have changed
        it since."""
        after = image.after
        of = after.get("of") or self._created(c8y, after, params)
        current, _ = self.kind.read(c8y, of)
        now = part(current, after["values"])
        restored = image.before and same(now, image.before["values"])
        if not restored and (others := changes(after["values"], now)):
            raise Unfit(f"Changed since: {', '.join(change.path for change in others)}.")
        return of, current

    def _created(self, c8y: CumulocityClient, after: Json, params: Params) -> str:
        key = params["mapping"]["key"]
        made = Made(after["mark"], after["values"])
        found = self.kind.created(c8y, Key(**key) if key else None, after["told"], made)
        if found is None:
            raise Unfit(GONE_ALREADY)
        return found

    def foresee(self, c8y: CumulocityClient, images: Table[str, Image], params: Params) -> list[Preview]:
        return [self._undoing(c8y, id, image, params) for id, image in images.items()]

    def _undoing(self, c8y: CumulocityClient, id: str, image: Image, params: Params) -> Preview:
        told = image.after.get("of") or image.after["told"]
        label = " · ".join(filter(None, (f"Row {id}", told)))
        try:
            _, current = self._left(c8y, image, params)
        except NotFound:
            return Preview(id, label, {}, {}, GONE_ALREADY)
        except Unfit as why:
            return Preview(id, label, {}, {}, str(why))
        now = part(current, image.after["values"])
        if not image.before:
            return Preview(id, label, now, {}, effect="deleted")
        note = AS_BEFORE if same(now, image.before["values"]) else ""
        return Preview(id, label, now, image.before["values"], note)


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
