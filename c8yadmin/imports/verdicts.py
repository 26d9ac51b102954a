"""What becomes of a row, found out before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CREATE, CHANGE, UNCHANGED, REJECTED = "c", "u", "s", "r"
COUNTED = {CREATE: "create", CHANGE: "change", UNCHANGED: "unchanged", REJECTED: "rejected"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one row: `id` is the object that it is about, `column` and `reason` what is wrong."""

    code: str
    id: str = ""
    column: str = ""
    reason: str = ""

    @classmethod
    def rejected(cls, column: str, reason: str) -> Verdict:
        return cls(REJECTED, "", column, reason)

    @property
    def is_target(self) -> bool:
        """Whether the row is one of the job's."""
        return self.code in (CREATE, CHANGE)

    @property
    def words(self) -> str:
        """What is wrong, with the column where it is."""
        return f"{self.column}: {self.reason}" if self.column else self.reason

    def packed(self) -> list[str]:
        """The fields, as few as are needed."""
        fields = [self.code, self.id, self.column, self.reason]
        while not fields[-1]:
            fields.pop()
        return fields


def fruitless(counts: Mapping[str, int]) -> str:
    """Why no row of a file is to be imported, by the `counts` of its rows; empty when any may be."""
    rows, rejected, unchanged = counts["rows"], counts["rejected"], counts["unchanged"]
    if not rows or rejected + unchanged != rows:
        return ""
    if rejected and unchanged:
        return f"Of {rows:,} rows, {rejected:,} rejected and {unchanged:,} unchanged: none is left to import."
    all_of_them = "The only row" if rows == 1 else f"All {rows:,} rows"
    if rejected:
        return f"{all_of_them} {'was' if rows == 1 else 'were'} rejected."
    return f"{all_of_them} {'is' if rows == 1 else 'are'} unchanged: the tenant holds these values already."
