"""How Python values travel in paths, parameters and JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

import msgspec

When = str | datetime | date
Age = str | timedelta
Params = Mapping[str, Any] | Iterable[tuple[str, Any]]

_AGE = re.compile(r"(\d+(?:\.\d+)?)(ms|[wdhms])")
_UNITS = {"w": 604_800.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PARAMETER = re.compile(r"\w+")
_UNSAFE = re.compile(r"[^!-~]")


def base_url(address: str) -> str:
    """A base URL without a trailing slash.

    Raises:
        ValueError: when it is no http(s) address, or holds credentials, parameters or a fragment.
    """
    parts = urlsplit(address.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{address!r} is no address such as https://acme.cumulocity.com.")
    if "@" in parts.netloc:
        raise ValueError("The address of a tenant holds no user name or password.")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def path(*segments: Any) -> str:
    """Join segments to a resource path, each as text (see ``as_text``) and percent-encoded whole.

    Raises:
        ValueError: for an empty segment, ``.`` or ``..``, which would address another resource.
        TypeError: for None, and what holds several values, as a list of ids.
    """
    return "/" + "/".join(segment(one) for one in segments)


def segment(value: Any) -> str:
    """One path segment, percent-encoded (see ``path``)."""
    text = as_text(value)
    if text.isalnum() and text.isascii():
        return text
    if text in {"", ".", ".."}:
        why = f"{text!r} leads elsewhere" if text else "It is empty"
        raise ValueError(f"{why}: that cannot be part of a resource path. Give the id of an object.")
    return quote(text, safe="")


def resource_path(resource: str) -> str:
    """A resource path as callers write it, made safe to send; a query part may follow.

    Raises:
        ValueError: for a path that does not start with ``/``, or holds ``#``, ``.`` or ``..`` segments.
    """
    if not resource.startswith("/") or resource.startswith("//") or "#" in resource:
        raise ValueError(f"A resource is a path like /inventory/managedObjects, not {resource!r}.")
    bare, mark, rest = resource.partition("?")
    if ("." in bare or "%" in bare) and any(unquote(part) in {".", ".."} for part in bare.split("/")):
        raise ValueError(f"The resource {resource!r} holds a relative segment.")
    return _UNSAFE.sub(lambda found: quote(found[0], safe=""), bare + mark + rest)


def pairs(params: Params | None) -> Iterator[tuple[str, str]]:
    """Parameters as text; None is left out, a list or tuple is repeated."""
    found = params.items() if isinstance(params, Mapping) else params or ()
    items = cast("Iterable[tuple[str, Any]]", found)
    for name, value in items:
        if value is None:
            continue
        values = value if isinstance(value, (list, tuple, set, frozenset)) else (value,)
        for one in values:
            yield name, as_text(one)


def query_string(params: Params | None) -> str:
    """Encode parameters; blanks become ``%20`` and ``+`` becomes ``%2B``."""
    if not params:
        return ""
    return "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in pairs(params))


def as_text(value: Any) -> str:
    """One value as the platform reads it in a path or a parameter.

    Raises:
        TypeError: for None, and what holds several values, as an object or a dict.
    """
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):
        return instant(value)
    if value is None or (isinstance(value, Iterable) and not isinstance(value, str)):
        raise TypeError(f"One value is wanted, not {type(value).__name__}: of an object give its id.")
    return str(value)


def comma_list(value: Any) -> str:
    """One value or several, joined by commas."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        return as_text(value)
    return ",".join(as_text(one) for one in value)


def instant(value: When, *, now: datetime | None = None) -> str:
    """A point in time as ISO 8601 with its zone, to the millisecond.

    Args:
        value: ISO text (kept as it is), "now", a date (midnight UTC), or a datetime with a time zone.
        now: what "now" means; the clock's time when left out.

    Raises:
        ValueError: for text that is no ISO date or time, and for a datetime without a time zone.
        TypeError: for what is no time at all, as a number.
    """
    if isinstance(value, str):
        if value == "now":
            return instant(now or datetime.now(UTC))
        _parsed(value)
        return value
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError(f"{value!r} has no time zone; say which moment is meant.")
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if not isinstance(value, date):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"A time is an ISO text, a date or a datetime, not {type(value).__name__}.")
    return value.isoformat() + "T00:00:00.000Z"


def parse_instant(text: str) -> datetime:
    """A time the platform wrote, as an aware datetime; without a zone it is UTC.

    Raises:
        ValueError: when it is none.
    """
    found = _parsed(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no ISO date or time such as 2026-01-31T12:00:00Z.") from None


def age(value: Age) -> timedelta:
    """A duration such as "1d", "2h30m", "500ms", or a timedelta.

    Raises:
        ValueError: when the text is not made of numbers with the units w, d, h, m, s, ms, or is negative.
    """
    if isinstance(value, timedelta):
        found = value
    else:
        text = value.replace(" ", "")
        if not re.fullmatch(rf"(?:{_AGE.pattern})+", text):
            raise ValueError(f"{value!r} is no duration such as 1d, 2h30m or 500ms.")
        found = timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in _AGE.findall(text)))
    if found < timedelta(0):
        raise ValueError(f"A duration cannot be negative: {value!r}.")
    return found


def ago(value: Age, *, now: datetime | None = None) -> str:
    """The moment that long ago, as ``instant`` writes it."""
    return instant((now or datetime.now(UTC)) - age(value))


def split_expression(expression: str) -> dict[str, Any]:
    """A raw REST expression such as ``q=$filter=name eq 'A&B'&withTotalPages=true`` as parameters.

    It is split at ``&`` outside quotes and at the first ``=`` of each part, and is not encoded yet. A leading
    ``?`` is dropped. A name that comes more than once has a list.

    Raises:
        ValueError: for a part without ``=``, or with a name that no parameter has: the platform would
            overlook it and list everything.
    """
    found = []
    for part in _split_outside_quotes(expression.strip().removeprefix("?")):
        name, mark, value = part.partition("=")
        if not mark or not _PARAMETER.fullmatch(name.strip()):
            hint = f" A query is one: q={part.strip()}." if name.lstrip().startswith("$") else ""
            raise ValueError(f"{part!r} is no parameter like name=value.{hint}")
        found.append((name.strip(), value))
    return grouped(found)


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Pairs as a mapping; a name that comes more than once has a list of its values."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _split_outside_quotes(text: str) -> Sequence[str]:
    parts, quoted = [""], False
    for character in text:
        quoted ^= character == "'"
        if character == "&" and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part]


def present(json: Mapping[str, Any]) -> dict[str, Any]:
    """A document without what is None in it."""
    return {key: value for key, value in json.items() if value is not None}


def dump_json(value: Any) -> bytes:
    """JSON as bytes; datetimes as ISO 8601, mappings as objects, enums by value.

    Raises:
        TypeError: for a value JSON cannot hold.
    """
    return _encoder.encode(value)


def _unknown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON.")


_encoder = msgspec.json.Encoder(enc_hook=_unknown)
