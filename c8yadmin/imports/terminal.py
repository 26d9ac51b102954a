"""`manage.py job import`: a file as a job, from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping as Table
from pathlib import Path
from typing import Any

from django.conf import settings

from c8yadmin.imports import packing
from c8yadmin.imports.commas import MEANINGS, commas_of
from c8yadmin.imports.encodings import ENCODINGS, fitting, reread
from c8yadmin.imports.guessing import faults, guessed, spelled
from c8yadmin.imports.kinds import ImportKind, find_kind, kind_names
from c8yadmin.imports.mapping import MODES, Column, Key, Mapping
from c8yadmin.imports.models import Upload
from c8yadmin.imports.reading import NotCsv
from c8yadmin.imports.submission import action_of, params_of, spec_of, start
from c8yadmin.imports.values import TYPES
from c8yadmin.jobs.commands.flags import WrongFlag
from c8yadmin.jobs.commands.terminal import (
    Connection,
    Unusable,
    Way,
    ordered,
    register_way,
    require_changeable,
)
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders.submission import Order
from c8yadmin.ui.numbers import filesize

Meant = tuple[tuple[Column | None, ...], Key | None]


def arguments(parser: ArgumentParser) -> None:
    """What `import` takes beside the usual options."""
    parser.add_argument("kind", choices=kind_names(), help="what the rows become")
    parser.add_argument("file", type=Path, help="CSV: commas, semicolons or tabs")
    parser.add_argument(
        "--encoding", choices=list(ENCODINGS), help="of a file that is neither UTF-8 nor UTF-16"
    )
    parser.add_argument(
        "--commas",
        choices=list(MEANINGS),
        help="what they are in numbers such as 48,137, where the rest of the file does not tell",
    )
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="COLUMN=PATH[:TYPE]",
        help=f"where a column goes; TYPE is one of {', '.join(TYPES)}. Without any, names are guessed",
    )
    parser.add_argument(
        "--key",
        metavar="KEY=COLUMN",
        help="what tells the object: id=…, name=…, externalId:c8y_Serial=…, userName=…; or none",
    )
    parser.add_argument("--mode", choices=list(MODES), default="both", help="what the rows may do")
    for kind in map(find_kind, kind_names()):
        if kind and kind.switch:
            parser.add_argument(
                f"--{kind.switch.flag}", action="store_true", help=f"not: {kind.switch.label}"
            )


def submit(connection: Connection, options: Table[str, Any]) -> Job:
    """The job of the file that was named. Raises Unusable."""
    kind = find_kind(options["kind"])
    if kind is None:
        raise Unusable(f"Nothing of the kind {options['kind']} can be imported.")
    require_changeable(connection.tenant, options)
    upload = _read(options["file"], kind, connection)
    try:
        upload.mapping = {"encoding": _encoding(upload, options["encoding"])}
        mapping = _mapping(kind, upload, options)
        order = _order(connection, upload, mapping, options)
    except (Unusable, WrongFlag):
        upload.delete()
        raise
    if (known := _once(upload, mapping, options["idem_key"])) != upload:
        upload, order = known, _order(connection, known, mapping, options)
    return start(upload, mapping, order)


def _order(connection: Connection, upload: Upload, mapping: Mapping, options: Table[str, Any]) -> Order:
    return ordered(connection, action_of(upload), params_of(upload, mapping), spec_of(upload), options)


def _read(path: Path, kind: ImportKind, connection: Connection) -> Upload:
    upload = Upload(
        tenant=connection.tenant.slug, owner=connection.owner, kind=kind.name, name=path.name[:200]
    )
    try:
        if path.stat().st_size > settings.LARGEST_UPLOAD:
            raise Unusable(f"{path.name} is larger than {filesize(settings.LARGEST_UPLOAD)}: divide it.")
        with path.open("rb") as file:
            packing.store(file, upload)
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from error
    except NotCsv as error:
        raise Unusable(str(error)) from error
    return upload


def _encoding(upload: Upload, chosen: str | None) -> str:
    if not upload.foreign:
        return ""
    if not chosen:
        raise Unusable(
            "The file is not UTF-8. Say how it is written, such as --encoding windows-1252; it would read "
            f"“{reread(upload.foreign['samples'][0], upload.encoding)}” then."
        )
    if chosen not in fitting(upload.foreign):
        raise Unusable(f"The file holds bytes that are no characters in {ENCODINGS[chosen]}.")
    return chosen


def _once(upload: Upload, mapping: Mapping, idem_key: str | None) -> Upload:
    """`upload`, or the one that the first submission under this key has made of the same file."""
    upload.mapping = mapping.stored()
    before = Job.objects.filter(tenant=upload.tenant, owner=upload.owner, idem_key=idem_key or "").first()
    known = before.params.get("upload") if before else None
    first = Upload.objects.filter(pk=known, digest=upload.digest).first() if known else None
    if first and first.mapping == upload.mapping:
        upload.delete()
        return first
    upload.save()
    return upload


def _mapping(kind: ImportKind, upload: Upload, options: Table[str, Any]) -> Mapping:
    header = upload.columns
    columns, key = _meant(kind, upload, options)
    if options["key"]:
        key = _key(kind, header, options["key"])
    switch = kind.switch is not None and not options[kind.switch.flag.replace("-", "_")]
    mapping = Mapping(tuple(header), columns, key, options["mode"], switch, upload.encoding)
    if wrong := next(faults(kind, mapping), None):
        raise Unusable(wrong[1] if wrong[0] is None else f"{header[wrong[0]]}: {wrong[1]}")
    return mapping


def _meant(kind: ImportKind, upload: Upload, options: Table[str, Any]) -> Meant:
    """The columns and the key. Raises Unusable where what is imported hangs on a guess at the commas."""
    if options["commas"]:
        return _told(kind, upload, options, MEANINGS[options["commas"]])
    commas = commas_of(kind, upload)
    found = _told(kind, upload, options, commas.type)
    if commas.guess and any(found != _told(kind, upload, options, type) for type in MEANINGS.values()):
        raise Unusable(
            f"The comma in “{commas.example}” may be decimal or stand between thousands. {commas.why} "
            "Say --commas decimal, thousands or text."
        )
    return found


def _told(kind: ImportKind, upload: Upload, options: Table[str, Any], either: str) -> Meant:
    """The columns and the key, as `--map` or the names of the columns tell."""
    header, samples = upload.columns, packing.samples(upload)
    if not options["map"]:
        mapping = guessed(kind, upload, either)
        return mapping.columns, mapping.key
    given: list[Column | None] = [None] * len(header)
    for text in options["map"]:
        name, target = _pair(text, "--map serial=c8y_Hardware.serialNumber")
        place = _place(header, name)
        given[place] = _column(kind, target, samples[place], either)
    return tuple(given), None


def _column(kind: ImportKind, target: str, samples: list[str], either: str) -> Column:
    path, colon, given = target.rpartition(":")
    if colon and given in TYPES:
        return Column(path, given)
    return spelled(kind, target, samples, either) or Column(target, "text")


def _key(kind: ImportKind, header: list[str], text: str) -> Key | None:
    if text == "none":
        return None
    by, name = _pair(text, "--key externalId:c8y_Serial=serial")
    by, _, of = by.partition(":")
    by = {"externalId": "external"}.get(by, by)
    choice = next((choice for choice in kind.keys if choice.name == by), None)
    if choice is None:
        raise Unusable(f"“{text}” is no --key of {kind.label[1]}.")
    return Key(by, _place(header, name), (of or kind.external_type) if choice.typed else "")


def _pair(text: str, example: str) -> tuple[str, str]:
    one, equals, other = text.rpartition("=")
    if not equals or not one or not other:
        raise Unusable(f"“{text}” cannot be meant: write {example}.")
    return one, other


def _place(header: list[str], name: str) -> int:
    if name not in header:
        raise Unusable(f"The file has no column “{name}”; it has {', '.join(header[:20])}.")
    return header.index(name)


register_way(Way("import", "read a CSV file, check its rows, and import them", arguments, submit))
