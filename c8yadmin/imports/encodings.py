"""Files that are no Unicode: nothing in them tells their encoding, so people choose it by what it reads like.

Their text is kept with a character for each byte, as Latin-1 has it, and read when the choice is known. Only
encodings are offered in which every byte of the file is a character, and of those that read alike only one.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import IO

RAW = "latin-1"
ENCODINGS = {
    "windows-1252": "Windows-1252, Western European",
    "windows-1250": "Windows-1250, Central European",
    "windows-1251": "Windows-1251, Cyrillic",
    "windows-1253": "Windows-1253, Greek",
    "windows-1254": "Windows-1254, Turkish",
    "windows-1257": "Windows-1257, Baltic",
    "iso-8859-15": "ISO 8859-15, Western European",
    "mac-roman": "Mac Roman, an old Macintosh",
    "cp850": "Code page 850, DOS",
}
SAMPLES = 5
_BLOCK = 1_000_000
_ASCII = bytes(range(128))
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_C1 = re.compile(r"[\x80-\x9f]")  # controls, which nobody sees or means
_TELLING = re.compile(rb'[^,;\t\r\n"\x80-\xff]{0,30}[\x80-\xff][^,;\t\r\n"]{0,30}')
Foreign = dict[str, list[str]]


def foreign(file: IO[bytes]) -> Foreign:
    """The `bytes` beyond ASCII in a file that is not UTF-8, and `samples` of where they stand, both raw.

    Nothing for what is no text, or UTF-8 but for some damage: no choice would bring back what is lost.
    """
    used, samples = set[int](), dict[str, None]()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    lost = kept = 0
    for block in _blocks(file):
        if _CONTROLS.search(block):
            return {}
        used.update(block.translate(None, _ASCII))
        text = decoder.decode(block)
        lost += text.count("\ufffd")
        kept += sum(map(len, re.findall(r"[^\x00-\x7f\ufffd]+", text)))
        if len(samples) < SAMPLES:
            samples |= dict.fromkeys(one.decode(RAW).strip(" ") for one in _TELLING.findall(block))
    if kept > lost:
        return {}
    return {"bytes": [bytes(sorted(used)).decode(RAW)], "samples": list(samples)[:SAMPLES]}


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(_BLOCK):
        yield block
    file.seek(0)


def fitting(of: Foreign) -> list[str]:
    """The encodings in which each byte of the file is a character, the usual ones first."""
    return list(_readings(of))


def distinct(of: Foreign, chosen: str) -> list[str]:
    """Of those that fit and read the file alike, the chosen one, else the first."""
    found: dict[str, str] = {}
    for name, reading in _readings(of).items():
        if name == chosen or reading not in found:
            found[reading] = name
    return list(found.values())


def choices(of: Foreign, chosen: str) -> list[tuple[str, str, list[str]]]:
    """The encodings that may be meant: the name of each, what people call it, and how samples read in it."""
    names = distinct(of, chosen)
    return [(name, ENCODINGS[name], [reread(text, name) for text in of["samples"]]) for name in names]


def _readings(of: Foreign) -> dict[str, str]:
    found = {}
    for name in ENCODINGS if of else ():
        with suppress(UnicodeDecodeError):
            found[name] = reread(of["bytes"][0], name)
    return {name: reading for name, reading in found.items() if not _C1.search(reading)}


def reread(text: str, encoding: str) -> str:
    """What raw `text` reads like in `encoding`; without one, it is no raw text."""
    return text.encode(RAW).decode(encoding) if encoding else text


def renamed(header: Sequence[str], encoding: str) -> list[str]:
    """What the names of columns read like in `encoding`: without blanks around them, unless those alone
    tell one name from another."""
    whole = [reread(name, encoding) for name in header]
    bare = [name.strip() or f"Column {place}" for place, name in enumerate(whole, 1)]
    return bare if len(set(bare)) == len(bare) else whole
