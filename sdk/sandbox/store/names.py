"""The names of managed objects, found whole or by a pattern without looking at each of 100,000."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from sdk.sandbox.conditions import wildcard
from sdk.sandbox.store.ids import NONE, Ids


class Names:
    """Knows each id by its case-folded name; patterns are sought in one text of all names, kept until one
    changes.
    """

    def __init__(self) -> None:
        self._of: dict[str, str] = {}
        self._bearing: dict[str, Ids] = {}
        self._text = ""
        self._ids: list[str] = []
        self._starts: list[int] = []

    def note(self, identifier: str, name: str) -> None:
        """The object is called so from now on."""
        folded = name.casefold()
        if self._of.get(identifier) == folded:
            return
        if identifier in self._of:
            self._leave(identifier)
        self._of[identifier], self._ids = folded, []
        self._bearing.setdefault(folded, Ids()).add(identifier)

    def forget(self, identifier: str) -> None:
        self._leave(identifier)
        del self._of[identifier]
        self._ids = []

    def _leave(self, identifier: str) -> None:
        bearing = self._bearing[self._of[identifier]]
        bearing.discard(identifier)
        if not bearing:
            del self._bearing[self._of[identifier]]

    def matching(self, pattern: str, within: Ids) -> Iterator[str]:
        """The ids in `within` whose name fits the pattern (`*` stands for anything), in ascending order."""
        if "*" not in pattern:
            return (
                found for found in self._bearing.get(pattern.casefold(), NONE).listed() if found in within
            )
        return (found for found in self._fitting(pattern) if found in within)

    def fits(self, pattern: str, within: list[str]) -> Iterator[str]:
        """The same for a few ids, each of which is looked at."""
        test = wildcard(pattern)
        return (identifier for identifier in within if test(self._of[identifier]))

    def _fitting(self, pattern: str) -> Iterator[str]:
        longest = max(pattern.casefold().split("*"), key=len)
        if not longest or "\n" in longest:
            yield from self.fits(pattern, list(self._of))
            return
        self._write()
        test, text, ids, starts = wildcard(pattern), self._text, self._ids, self._starts
        at = text.find(longest)
        while at >= 0:
            place = bisect_right(starts, at) - 1
            if test(self._of[ids[place]]):
                yield ids[place]
            at = text.find(longest, starts[place + 1] if place + 1 < len(starts) else len(text))

    def _write(self) -> None:
        """Write the text anew if a name has changed: the names in the order of their ids, which rise."""
        if self._ids or not self._of:
            return
        self._ids, names = list(self._of), list(self._of.values())
        self._text = "\n".join(names)
        self._starts = list(accumulate((len(name) + 1 for name in names[:-1]), initial=0))
