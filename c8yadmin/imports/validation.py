"""Checking rows before anything is sent: an import's targets are the rows that would change something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from c8yadmin.core.jsontext import Json
from c8yadmin.imports import packing
from c8yadmin.imports.kinds import ImportKind, find_kind
from c8yadmin.imports.mapping import BadRow, Entry, Mapping
from c8yadmin.imports.models import Part, Upload
from c8yadmin.imports.reading import Row
from c8yadmin.imports.verdicts import CHANGE, CREATE, REJECTED, UNCHANGED, Verdict
from c8yadmin.jobs.registry import Ask, Batch, Unfit
from sdk import CumulocityClient


def checked(upload_id: str, ask: Ask, after: str | None) -> Iterator[Batch]:
    """The rows of an upload that would create or change something, part by part, with a verdict for all.

    Behind the row `after`, where earlier parts have been judged (see `TargetKind.source`). Raises ValueError
    when the upload is gone.
    """
    upload = Upload.objects.filter(pk=upload_id).first()
    kind = find_kind(upload.kind) if upload else None
    if upload is None or kind is None:
        raise ValueError("The rows of this file are no longer kept. Upload it again.")
    if after is None:
        yield Batch([], partial(packing.forget, upload))
    check = Check(kind, Mapping.read(upload.header, upload.mapping))
    for part in packing.parts_of(upload):
        if part.verdicts:
            yield Batch([str(number) for number in check.recalled(part) if number > int(after or 0)])
        else:
            yield check.judged(part, ask)


@dataclass(slots=True)
class Check:
    """The check of one file: what tells an object may stand in one row only."""

    kind: ImportKind
    mapping: Mapping
    seen: dict[str, int] = field(default_factory=dict)
    rejected: dict[int, Verdict] = field(default_factory=dict)

    def judged(self, part: Part, ask: Ask) -> Batch:
        """The rows of a part that are targets, and what is to be written down about all of them."""
        rows, self.rejected = packing.rows_of(part), {}
        entries = self.understood(rows)
        verdicts = self.rejected | ask(partial(self.compared, entries=entries))
        ids = [str(number) for number, _ in rows if verdicts[number].is_target]
        return Batch(ids, partial(packing.judge, part, [verdicts[number] for number, _ in rows]))

    def recalled(self, part: Part) -> list[int]:
        """The targets of a part that was judged before; what it told may stand in no later row."""
        targets = []
        for (number, cells), verdict in zip(packing.rows_of(part), packing.verdicts_of(part), strict=True):
            if verdict.code == REJECTED:
                with suppress(BadRow):
                    self._once(self.mapping.entry(number, cells))
            else:
                self._register(number, self.mapping.told(cells))
            if verdict.is_target:
                targets.append(number)
        return targets

    def understood(self, rows: Sequence[Row]) -> list[Entry]:
        """The rows that can be understood; the others are `rejected`."""
        entries = []
        for number, cells in rows:
            try:
                entries.append(self._once(self.mapping.entry(number, cells)))
            except BadRow as bad:
                self.rejected[number] = Verdict.rejected(bad.column, bad.reason)
        return entries

    def _once(self, entry: Entry) -> Entry:
        try:
            first = self._register(entry.number, entry.value)
        except Unfit as why:
            raise BadRow(self._column, str(why)) from why
        if first != entry.number:
            raise BadRow(self._column, f"“{entry.value}” stands in row {first:,} already.")
        return entry

    def _register(self, number: int, value: str) -> int:
        """The first row whose `value` tells the same object."""
        if self.mapping.key is None:
            return number
        return self.seen.setdefault(self.kind.told(self.mapping.key, value), number)

    @property
    def _column(self) -> str:
        return self.mapping.header[self.mapping.key.column] if self.mapping.key else ""

    def compared(self, c8y: CumulocityClient, *, entries: Sequence[Entry]) -> dict[int, Verdict]:
        """What becomes of each of `entries`, by its number, as the tenant is now."""
        values = [entry.value for entry in entries if entry.value]
        found = self.kind.find(c8y, self.mapping, values) if values else {}
        single = [ids[0] for ids in found.values() if len(ids) == 1]
        current = self.kind.current(c8y, single) if single else {}
        return {entry.number: self._verdict(entry, found.get(entry.value, []), current) for entry in entries}

    def _verdict(self, entry: Entry, ids: Sequence[str], current: Table[str, Json]) -> Verdict:
        try:
            if not ids:
                return self._new(entry)
            return self._known(entry, ids, current)
        except Unfit as why:
            return Verdict.rejected("", str(why))

    def _new(self, entry: Entry) -> Verdict:
        key = self.mapping.key
        if key and (key.by == "id" or self.mapping.mode == "update"):
            return Verdict.rejected(self._column, f"There is no {self.kind.label[0]} “{entry.value}”.")
        self.kind.content(self.mapping, entry)
        return Verdict(CREATE)

    def _known(self, entry: Entry, ids: Sequence[str], current: Table[str, Json]) -> Verdict:
        if len(ids) > 1:
            words = f"{len(ids):,} {self.kind.label[1]} are called “{entry.value}”: tell them by another key."
            return Verdict.rejected(self._column, words)
        id = ids[0]
        if self.mapping.mode == "create":
            return Verdict.rejected(self._column, f"It exists already, with the id {id}.")
        if id not in current:
            return Verdict.rejected(self._column, f"Its {self.kind.label[0]} {id} cannot be seen.")
        return Verdict(CHANGE if self.kind.changes(current[id], entry.document) else UNCHANGED, id)
