"""The rows of the table: what is compared, and what it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from tests.bench.canned import LATENCY
from tests.bench.measuring import WORKERS

OURS, PYC8Y, C8Y_API = "ours", "with_pyc8y", "with_c8y_api"
CLIENTS = (OURS, PYC8Y, C8Y_API)
BARE = "bare"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: objects listed, writes, reads, devices of the sandbox, pages, repetitions."""

    objects: int = 100_000
    writes: int = 5_000
    reads: int = 3_000
    devices: int = 100_000
    pages: int = 100
    rounds: int = 5
    targets: int = 20_000
    prepared: int = 1_000_000
    streams: int = 2_000


class Figures:
    """What the rounds gave, by client, case and quantity."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], list[float]] = {}

    def note(self, client: str, case: str, told: Mapping[str, float]) -> None:
        for quantity, value in told.items():
            self._found.setdefault((client, case, quantity), []).append(value)

    def median(self, client: str, case: str, quantity: str) -> float | None:
        """None where nothing was measured."""
        values = self._found.get((client, case, quantity))
        return median(values) if values else None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; a value that could not be measured is None.

    `values` are in `unit`: ours, then those of pyc8y and c8y_api where there is something to compare with.
    `worst` is the largest value of ours that is within the budget, `times` how often ours must fit into each
    peer's.
    """

    what: str
    unit: str
    values: tuple[float | None, ...]
    worst: float | None = None
    times: tuple[float | None, float | None] = (None, None)

    @property
    def ours(self) -> float | None:
        """The value that the budget is about."""
        return self.values[0]

    @property
    def ratios(self) -> tuple[float | None, ...]:
        """Each peer's value divided by ours."""
        return tuple(value / self.ours if value and self.ours else None for value in self.values[1:])

    @property
    def complete(self) -> bool:
        """Whether everything of the row was measured."""
        return None not in self.values

    @property
    def budget(self) -> str:
        """The budget in words."""
        parts = [] if self.worst is None else [f"≤ {shown(self.worst)} {self.unit}"]
        named = zip(self.times, ("pyc8y", "c8y_api"), strict=True)
        return ", ".join([*parts, *(f"≥ {times:g} × {name}" for times, name in named if times)])

    @property
    def met(self) -> bool | None:
        """Whether the budget is met; None without one, or where a value is missing."""
        if not self.budget or self.ours is None:
            return None
        pairs = zip(self.times, self.ratios, strict=False)
        checks = [None if ratio is None else ratio >= times for times, ratio in pairs if times]
        if self.worst is not None:
            checks.append(self.ours <= self.worst)
        return None if None in checks else all(checks)


def shown(value: float | None) -> str:
    """A number with three significant digits or so."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def sdk_rows(figures: Figures, sizes: Sizes) -> Iterable[Row]:
    """The SDK beside its peers."""

    def row(
        what: str, unit: str, case: str, quantity: str, worst: float | None = None, **times: float
    ) -> Row:
        values = tuple(figures.median(client, case, quantity) for client in CLIENTS)
        return Row(what, unit, values, worst, (times.get("pyc8y"), times.get("c8y_api")))

    ideal = sizes.writes * LATENCY / WORKERS
    objects, writes = f"{sizes.objects:,} objects", f"{sizes.writes:,}"
    yield row(f"list {objects}, read 3 fields", "s CPU", "read", "cpu", pyc8y=4, c8y_api=12)
    yield row("as_values, 5 fields", "s CPU", "values", "cpu", pyc8y=8)
    yield row(f"{writes} creates, {WORKERS} workers", "s CPU", "create", "cpu", pyc8y=3)
    yield row(f"{writes} deletes, {WORKERS} workers", "s CPU", "delete", "cpu", pyc8y=3)
    limit = 1.03 * ideal
    yield row(f"{writes} writes, 20 ms each", "s wall", "write_steady", "wall", worst=limit)
    yield row(f"{writes} writes, 20 ms with jitter", "s wall", "write_jitter", "wall", worst=limit)
    yield over_bare(figures)
    yield row("memory of that listing", "MB", "read", "rss")
    yield growth(figures)
    yield row(f"memory of {objects} kept", "MB", "keep", "rss", worst=200)


def over_bare(figures: Figures) -> Row:
    """One get, less what a bare socket takes for it."""
    bare = figures.median(BARE, "get", "median")
    found = (figures.median(client, "get", "median") for client in CLIENTS)
    over = tuple(None if one is None or bare is None else (one - bare) * 1e6 for one in found)
    return Row("one get, over a raw socket loop", "µs wall", over, worst=40)


def growth(figures: Figures) -> Row:
    """What a listing ten times as long needs in addition; nothing much, where it is flat."""
    found: list[float | None] = []
    for client in CLIENTS:
        long, short = (figures.median(client, case, "rss") for case in ("read", "read_tenth"))
        found.append(None if long is None or short is None else long - short)
    return Row("the same, more than for a tenth of it", "MB", tuple(found), worst=10)


def sandbox_rows(told: Mapping[str, float], sizes: Sizes) -> Iterable[Row]:
    """What the sandbox costs."""
    devices = f"{sizes.devices:,} devices"
    value: Callable[[str], float | None] = told.get
    yield Row(f"sandbox: build {devices}", "s wall", (value("build"),), worst=10)
    yield Row("sandbox: the same", "s CPU", (value("build_cpu"),))
    yield Row(f"sandbox: memory of {devices}", "MB", (value("rss"),), worst=1000)
    for name in ("type", "fragment", "name", "pattern of names", "id", "group"):
        yield Row(f"sandbox: list page by {name}", "ms wall", (value(name),), worst=20)


def page_rows(told: Mapping[str, float]) -> Iterable[Row]:
    """What a list page costs the console, the tenant's answer and the browser's side left out."""
    yield Row("devices, 50 rows: htmx fragment", "ms CPU", (told.get("fragment"),), worst=1.5)
    yield Row("devices, 50 rows: whole page", "ms CPU", (told.get("page"),), worst=1.5)


def job_rows(told: Mapping[str, Mapping[str, float]], sizes: Sizes) -> Iterable[Row]:
    """What the job engine and its live pages cost; `told` by case: calls, one, two, prepare, streams."""

    def value(case: str, quantity: str) -> float | None:
        return told[case].get(quantity)

    def less(case: str, quantity: str, other: str, less: str) -> float | None:
        first, second = value(case, quantity), value(other, less)
        return None if first is None or second is None else first - second

    changed, streams = f"{sizes.targets:,} changes", f"{sizes.streams:,} open streams"
    for case, workers in (("one", "1 worker"), ("two", "2 workers")):
        yield Row(f"{changed}, {workers}", "× the least time", (value(case, "times"),), worst=1 / 0.95)
    yield Row("such calls without the engine", "× the least time", (value("calls", "times"),))
    yield Row("the same, 1 worker", "s wall", (value("one", "wall"),))
    yield Row("the same, 2 workers", "s wall", (value("two", "wall"),))
    yield Row("the two calls of one target", "ms CPU", (value("calls", "cpu"),))
    yield Row("one target, over its calls", "ms CPU", (less("one", "cpu", "calls", "cpu"),), worst=0.2)
    yield Row("memory of a worker", "MB", (value("one", "rss"),), worst=250)
    prepared = f"{sizes.prepared:,} targets prepared"
    yield Row(prepared, "s wall", (value("prepare", "wall"),), worst=180)
    yield Row("memory of that", "MB", (value("prepare", "rss"),), worst=250)
    yield Row("the same, more than for a tenth of it", "MB", (less("prepare", "rss", "prepare", "tenth"),))
    yield Row("memory of a web server", "MB", (value("streams", "rss"),))
    yield Row(f"the same with {streams}", "MB", (value("streams", "full"),), worst=100)
    each = less("streams", "full", "streams", "rss")
    yield Row("each of them", "KB", (None if each is None else each / sizes.streams * 1024,))
    late = value("streams", "p99")
    yield Row("news reaches 99 % of them", "s wall", (late,), worst=1)
