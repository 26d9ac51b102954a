"""`python -m tests.bench`: the SDK beside its peers, the sandbox at its largest, the console: in one table.

The figures are reported, not judged: the exit code is 1 only when something could not be measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import fields

from tests.bench.processes import Unmeasured, canned, told
from tests.bench.rows import BARE, CLIENTS, Figures, Row, Sizes, job_rows, page_rows, sandbox_rows, sdk_rows
from tests.bench.table import rendered

Report = Callable[[str], object]


def measure(sizes: Sizes, report: Report) -> list[Row]:
    """All rows; what could not be measured is told to `report` and missing in its row."""
    figures = Figures()
    with canned(sizes.objects) as everything, canned(sizes.objects // 10) as tenth:
        for number in range(sizes.rounds):
            report(f"Round {number + 1} of {sizes.rounds}…")
            one_round(figures, sizes, everything, tenth, report)
    report("The sandbox…")
    large = attempt(report, "sandbox", sizes.devices, max(sizes.rounds, 3))
    report("The console…")
    pages = attempt(report, "pages", sizes.pages)
    return [*sdk_rows(figures, sizes), *sandbox_rows(large, sizes), *page_rows(pages)]


def measure_jobs(sizes: Sizes, report: Report) -> list[Row]:
    """The rows of the job engine, each case once."""
    report("The jobs…")
    with canned(2000) as url:
        told = {
            "calls": attempt(report, "jobs", "calls", url, sizes.targets // 4),
            "one": attempt(report, "jobs", "work", url, sizes.targets, 1),
            "two": attempt(report, "jobs", "work", url, sizes.targets, 2),
            "prepare": attempt(report, "jobs", "prepare", url, sizes.prepared),
        }
    report("The streams…")
    return list(job_rows(told | {"streams": attempt(report, "streams", sizes.streams)}, sizes))


def one_round(figures: Figures, sizes: Sizes, everything: str, tenth: str, report: Report) -> None:
    """Each case with one client after the other, so that all meet the machine in the same mood."""
    counts = dict.fromkeys(("read", "values", "keep"), sizes.objects) | {"get": sizes.reads}
    counts |= dict.fromkeys(("create", "delete", "write_steady", "write_jitter"), sizes.writes)
    figures.note(BARE, "get", attempt(report, BARE, everything, sizes.reads))
    for case, count in counts.items():
        for client in CLIENTS:
            figures.note(client, case, attempt(report, client, everything, case, count))
    for client in CLIENTS:
        short = attempt(report, client, tenth, "read", sizes.objects // 10)
        figures.note(client, "read_tenth", short)


def attempt(report: Report, module: str, *arguments: object) -> dict[str, float]:
    """What a process measured; nothing where it failed."""
    try:
        return told(module, *arguments)
    except Unmeasured as problem:
        report(f"NOT MEASURED: {problem}")
        return {}


def say(words: str) -> None:
    """News of the run, beside the table."""
    sys.stderr.write(f"{words}\n")


def main() -> int:
    """Measure, print the table, and tell whether all of it was filled."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measure the SDK and the sandbox."
    )
    for field in fields(Sizes):
        parser.add_argument(f"--{field.name}", type=int, default=field.default, help=f"({field.default})")
    parser.add_argument("--only", choices=("sdk", "jobs"), help="just one of the two tables")
    options = vars(parser.parse_args())
    only, sizes = options.pop("only"), Sizes(**options)
    tables = {"sdk": measure, "jobs": measure_jobs}
    found = [table(sizes, say) for name, table in tables.items() if only in (None, name)]
    sys.stdout.write("\n".join(f"{rendered(rows)}\n" for rows in found))
    return 0 if all(row.complete for rows in found for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
