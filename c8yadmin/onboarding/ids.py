"""Ids of devices: which ones the platform takes, and which ones a person could take for another."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

LONGEST = 1000
FORBIDDEN = {"/": "a slash", "\\": "a backslash", "$": "a dollar sign", " ": "a space"}
PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-")

# What many typefaces draw alike, Latin, Cyrillic and Greek, by the letter that stands for all of them.
_ALIKE = {
    ord(character): letter
    for letter, alike in {
        "o": "0OoОоΟο", "i": "1IilІіΙι|", "s": "5SsЅѕ", "z": "2ZzΖ", "b": "8BВΒ", "a": "AaАаΑα", "c": "CcСс",
        "e": "EeЕеΕ", "h": "HНΗ", "j": "JjЈј", "k": "KkКкΚκ", "m": "MМмΜ", "n": "NΝ", "p": "PpРрΡρ",
        "t": "TТтΤτ", "x": "XxХхΧχ", "y": "YyУуΥ", "v": "vνѵ",
    }.items()
    for character in alike
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Character:
    """A run of plain characters, or one that is not; `meaning` is set where the eye could be deceived."""

    text: str
    meaning: str = ""


def fault(id: str) -> str:
    """What the platform would refuse about `id`, as the end of a sentence; empty when nothing is wrong."""
    if len(id) > LONGEST:
        return f"has {len(id)} characters; {LONGEST} are the most."
    for position, character in enumerate(id, 1):
        name = FORBIDDEN.get(character) or (
            _control(character) and f"the control character {_code(character)}"
        )
        if name:
            return f"has {name} at position {position}."
    return ""


def spelled(id: str) -> list[Character]:
    """`id` in runs, every character outside of `PLAIN` on its own and named."""
    found: list[Character] = []
    for character in id:
        if character not in PLAIN:
            name = unicodedata.name(character, "control character")
            found.append(Character(character, f"{_code(character)} {name.lower()}"))
        elif found and not found[-1].meaning:
            found[-1] = Character(found[-1].text + character)
        else:
            found.append(Character(character))
    return found


def oddities(id: str) -> list[str]:
    """The names of the characters of `id` outside of `PLAIN`, each once."""
    return list(dict.fromkeys(run.meaning for run in spelled(id) if run.meaning))


def lookalikes(ids: Iterable[str]) -> dict[str, list[str]]:
    """For each id that could be taken for others of `ids`: those others."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for id in ids:
        groups[_skeleton(id)].append(id)
    return {
        id: [other for other in group if other != id]
        for group in groups.values()
        if len(group) > 1
        for id in group
    }


def anchor(id: str) -> str:
    """What stands for `id` in the id of an element, whatever characters it has."""
    return sha256(id.encode(errors="surrogatepass")).hexdigest()[:16]


def _skeleton(id: str) -> str:
    shown = "".join(c for c in unicodedata.normalize("NFKC", id) if not _control(c) and not c.isspace())
    return shown.translate(_ALIKE).casefold()


def _control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf")


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
