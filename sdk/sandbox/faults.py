"""Faults on demand: what a tenant, its gateway or the way to it may do to a call."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from fnmatch import fnmatchcase
from http import HTTPStatus
from threading import Lock

from sdk.sandbox.call import Answer

HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1><hr>gateway</body></html>"
CUTS = ("before", "after", "middle")


class Cut(ConnectionResetError):
    """The connection breaks here."""


class TooSlow(TimeoutError):
    """The in-process caller's read timeout ran out while a fault delayed the answer."""


@dataclass
class Fault:
    """One fault and when it strikes; the arguments are those of `Faults.add`, `hits` counts the strikes."""

    match: str = "*"
    method: str = ""
    tenant: str = ""
    user: str = ""
    rate: float = 1.0
    times: int | None = None
    skip: int = 0
    status: int = 0
    retry_after: str | int | float = ""
    message: str = ""
    html: bool = False
    body: bytes | None = None
    delay: float = 0.0
    drip: float = 0.0
    cut: str = ""
    when: str = "before"
    wrong_json: bool = False
    expire_token: bool = False
    stale_counts: int = 0
    short_pages: float = 0.0
    hits: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if self.cut not in ("", *CUTS) or self.when not in ("before", "after"):
            raise ValueError(f"cut is one of {CUTS}, when is before or after")

    def matches(self, method: str, path: str, tenant: str, user: str) -> bool:
        return (
            fnmatchcase(path, self.match)
            and self.method in ("", method)
            and self.tenant in ("", tenant)
            and self.user in ("", user)
        )

    def answer(self) -> Answer:
        """The answer that stands in for the tenant's own."""
        reason = f"{self.status} {HTTPStatus(self.status).phrase}"
        headers = [("Retry-After", _retry_after(self.retry_after))] if self.retry_after != "" else []
        if self.body is not None:
            return Answer(self.body, self.status, "application/json", headers)
        if self.html:
            return Answer(HTML.format(reason), self.status, "text/html", headers)
        error = {"error": f"general/{self.status}", "message": self.message or reason, "info": ""}
        return Answer(error, self.status, "error", headers)


def _retry_after(value: str | int | float) -> str:
    """Seconds as given; "date+3" means the HTTP date in 3 seconds."""
    text = str(value)
    if not text.startswith("date"):
        return text
    later = datetime.now(UTC) + timedelta(seconds=float(text.removeprefix("date") or 1))
    return format_datetime(later, usegmt=True)


class Faults:
    """The faults in force. `rate` draws from the seed, so a run can be repeated."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable
        self._faults: list[Fault] = []
        self._lock = Lock()

    def add(self, match: str = "*", **fault: object) -> Fault:
        """Put a fault in force for the paths that the glob `match` fits; gives it back, with its `hits`.

        method, tenant, user: only for these. rate: share of the calls (0 to 1). times: so often at most.
        skip: leave out the first matching calls. status: answer with this one (retry_after: seconds, "date+3"
        for an HTTP date; html: a gateway's page; body: these bytes; message: the words). delay: seconds until
        the answer. drip: seconds between small pieces of it. cut: break the connection "before" the effect,
        "after" it, or in the "middle" of the answer. when: status and delay strike "before" the effect (it
        does not happen) or "after". wrong_json: the body is broken off. expire_token: the caller's token
        session ends. stale_counts: is added to the totals. short_pages: this share of a page's rows is left
        out, as the platform's permission filter does; 1 leaves none.
        """
        made = Fault(match, **fault)  # type: ignore[arg-type]
        with self._lock:
            self._faults.append(made)
        return made

    @property
    def none(self) -> bool:
        return not self._faults

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def striking(self, method: str, path: str, tenant: str, user: str) -> list[Fault]:
        """The faults that strike this call; each one counts it."""
        with self._lock:
            return [
                fault
                for fault in self._faults
                if fault.matches(method, path, tenant, user) and self._draw(fault)
            ]

    def _draw(self, fault: Fault) -> bool:
        if fault.times is not None and fault.hits >= fault.times:
            return False
        if fault.skip > 0:
            fault.skip -= 1
            return False
        if fault.rate < 1 and self._random.random() >= fault.rate:
            return False
        fault.hits += 1
        return True


def pause(seconds: float, patience: float | None) -> None:
    """Wait like a slow tenant; an in-process caller's read timeout ends it."""
    if patience is not None and seconds > patience:
        time.sleep(patience)
        raise TooSlow
    if seconds > 0:
        time.sleep(seconds)


def pieces(body: bytes, fault: Fault | None) -> Iterator[bytes]:
    """The body as it travels: whole, dripping, or cut in the middle."""
    if fault is None:
        yield body
        return
    end = len(body) // 2 if fault.cut == "middle" else len(body)
    step = max(1, len(body) // 10) if fault.drip else max(1, end)
    for start in range(0, end, step):
        time.sleep(fault.drip)
        yield body[start : min(start + step, end)]
    if fault.cut == "middle":
        raise Cut


def distort(body: object, faults: list[Fault]) -> None:
    """Make a page wrong in place: totals that are out of date, rows left out."""
    if not faults or not isinstance(body, dict) or not isinstance(body.get("statistics"), dict):
        return
    statistics = body["statistics"]
    for name in ("totalPages", "totalElements"):
        if name in statistics:
            statistics[name] = max(0, statistics[name] + sum(fault.stale_counts for fault in faults))
    share = max(fault.short_pages for fault in faults)
    for name, rows in body.items():
        if isinstance(rows, list):
            body[name] = rows[: len(rows) - round(len(rows) * share)]


_LIMITED: list[dict[str, object]] = [
    {"rate": 0.1, "status": 429, "retry_after": 1},
    {"rate": 0.05, "status": 429, "retry_after": "date+1"},
    {"rate": 0.02, "status": 429},
]
_FLAKY: list[dict[str, object]] = [
    {"rate": 0.02, "status": 503},
    {"rate": 0.01, "status": 502, "html": True},
    {"rate": 0.005, "status": 504, "html": True},
    {"rate": 0.01, "cut": "before"},
    {"rate": 0.005, "cut": "after"},
]
_SLOW: list[dict[str, object]] = [{"rate": 0.2, "delay": 1.0}, {"rate": 0.05, "drip": 0.1}]
_BROKEN: list[dict[str, object]] = [
    {"rate": 0.05, "status": 500, "html": True},
    {"rate": 0.05, "wrong_json": True},
    {"rate": 0.02, "cut": "middle"},
    {"rate": 0.02, "status": 401},
    {"rate": 0.02, "status": 500, "when": "after"},
]
_EXPIRING: list[dict[str, object]] = [{"rate": 0.05, "expire_token": True}]
_FILTERED: list[dict[str, object]] = [
    {"rate": 0.3, "short_pages": 0.5},
    {"rate": 0.1, "short_pages": 1.0},
]
_STALE: list[dict[str, object]] = [{"rate": 0.5, "stale_counts": 3}, {"rate": 0.2, "stale_counts": -1}]

PROFILES: dict[str, list[dict[str, object]]] = {
    "none": [],
    "flaky": _FLAKY,
    "throttled": _LIMITED,
    "slow": _SLOW,
    "broken": _BROKEN,
    "expiring": _EXPIRING,
    "filtered": _FILTERED,
    "stale": _STALE,
    "everything": [*_LIMITED, *_FLAKY, *_SLOW, *_BROKEN, *_EXPIRING, *_FILTERED, *_STALE],
}
