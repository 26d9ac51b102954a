"""What the flags of the command line ask for about the pace of jobs."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.forms import BaseForm

from c8yadmin.core.tenants import find
from c8yadmin.jobs.models import Job, TenantLimit
from c8yadmin.jobs.orders.limits import COLUMNS, LimitForm, limit_of, save, summary
from c8yadmin.jobs.orders.options import OptionsForm, SpeedForm
from c8yadmin.jobs.orders.schedules import MOMENTS, ScheduleForm, ahead, present

SPEED = ("rate_per_s", "parallel")
RATES = ("rate", "rate_per_s")
NO_LIMIT = "none"  # as a rate
FLAGS = {
    "rate_per_s": "--rate",
    "ramp_seconds": "--ramp-every",
    "scheduled_at": "--start-at",
    "hours": "--window",
    "hours_zone": "--window-zone",
    "max_leases": "--slots",
}


class WrongFlag(Exception):
    """A flag that cannot be meant; the text names it and says why."""


def options(tenant: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a new job: how it shall work. Raises WrongFlag, as all functions here."""
    named = _named(given, OptionsForm.base_fields)
    form = OptionsForm.typed(named, limit_of(tenant))
    _require(form)
    return form.columns()


def require_changes(given: Mapping[str, Any]) -> None:
    """Raise WrongFlag when `job set` names nothing to change."""
    if all(given[name] is None for name in (*SPEED, *ScheduleForm.base_fields)):
        raise WrongFlag("Say what to change: --rate, --parallel, --start-at, --not-after, --window.")


def schedule(job: Job, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The columns of the schedule that `job set` asks for; what is not named stays as it is, and None if
    that is all."""
    named = _named(given, ScheduleForm.base_fields)
    if not named:
        return None
    moments = {name: at.isoformat() for name, at in ahead(job).items()}
    form = ScheduleForm.of(job, limit_of(job.tenant), present(job) | dict.fromkeys(MOMENTS) | moments | named)
    if gone := [name for name in named if name not in form.fields]:
        raise WrongFlag(f"{_flag(gone[0])}: the job has begun already.")
    _require(form)
    return form.columns()


def speed(job: Job, given: Mapping[str, Any]) -> tuple[float | None, int] | None:
    """The rate and the threads that `job set` asks for, likewise."""
    named = _named(given, SPEED)
    if not named:
        return None
    form = SpeedForm(
        {"rate_per_s": job.rate_per_s, "parallel": job.parallel} | named, ramped=job.pace is not None
    )
    _require(form)
    return form.cleaned_data["rate_per_s"], form.cleaned_data["parallel"]


def limit(tenant: str, given: Mapping[str, Any]) -> TenantLimit:
    """The limits of the tenant, changed as `job limit` asks for."""
    if find(tenant) is None and not Job.objects.filter(tenant=tenant).exists():
        raise WrongFlag(f"There is no tenant “{tenant[:60]}” here.")
    named = _named(given, COLUMNS)
    present = limit_of(tenant)
    if not named:
        return present
    form = LimitForm(summary(present) | named)
    _require(form)
    return save(tenant, form)


def _named(given: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """What is `given` of these fields, as their form reads it."""
    found = {name: given[name] for name in names if given.get(name) is not None}
    return found | {name: "" for name in RATES if found.get(name) == NO_LIMIT}


def _require(form: BaseForm) -> None:
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        beside = f" Or write {NO_LIMIT}." if name in RATES else ""
        raise WrongFlag(f"{_flag(name)}: {errors[0]}{beside}")


def _flag(name: str) -> str:
    return FLAGS.get(name, "--" + name.replace("_", "-"))


def usual(parser: ArgumentParser) -> None:
    """The flags of every command that submits a job."""
    parser.add_argument("--parallel", metavar="N", help="requests at the same time in each slot (8)")
    parser.add_argument("--rate", dest="rate_per_s", metavar="N", help="requests per second at most (none)")
    parser.add_argument("--ramp-from", metavar="RATE", help="begin with so many, and get faster")
    parser.add_argument("--ramp-factor", metavar="N", help="so many times faster after each interval (2)")
    parser.add_argument("--ramp-every", dest="ramp_seconds", metavar="TIME", help="the interval (1 min)")
    parser.add_argument(
        "--abort-percent", metavar="P", help="stop when so many percent failed (20); empty: never"
    )
    parser.add_argument("--abort-minimum", metavar="N", help="but not before so many targets are done (100)")
    parser.add_argument("--stages", help="first a few, then more: such as 10,10%%,100%%")
    parser.add_argument(
        "--stage-wait", metavar="TIME", help="between two stages, such as 15min; else until it is resumed"
    )
    _schedule_arguments(parser)
    parser.add_argument("--idem-key", help="the same key submits the same job only once")
    parser.add_argument("--yes", action="store_true", help="confirm a change to a guarded tenant")
    parser.add_argument("--dry-run", action="store_true", help="only prepare it, tell what it would do")
    parser.add_argument("--wait", action="store_true", help="work at it here until it is over")
    parser.add_argument("--json", action="store_true")


def _schedule_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--start-at", dest="scheduled_at", metavar="WHEN", help="such as 2030-01-31T22:00")
    parser.add_argument("--not-after", metavar="WHEN", help="do nothing if it could not begin by then")
    parser.add_argument("--window", dest="hours", metavar="HOURS", help="work only then: 22:00-05:00")
    parser.add_argument(
        "--window-zone", dest="hours_zone", metavar="ZONE", help="for all times, such as Europe/Berlin (UTC)"
    )


def speed_commands(commands: Any) -> None:
    """The commands that change how fast jobs go."""
    _set_arguments(
        commands.add_parser("set", help="change the speed of a job, or its schedule while it does not run")
    )
    _limit_arguments(commands.add_parser("limit", help="show or change how hard a tenant may be worked"))


def _set_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("id", type=UUID)
    parser.add_argument("--rate", dest="rate_per_s", help="requests per second at most; none: no limit")
    parser.add_argument("--parallel", help="requests at the same time in each slot")
    _schedule_arguments(parser)
    parser.add_argument("--json", action="store_true")


def _limit_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("tenant", help="its name in addresses, as `job list` and pages have it")
    parser.add_argument("--rate", help="requests per second of all its jobs together; none: no limit")
    parser.add_argument("--burst", help="so many of them may come at once")
    parser.add_argument("--slots", dest="max_leases", help="chunks that are worked at the same time")
    parser.add_argument("--window", dest="hours", metavar="HOURS", help="22:00-05:00; empty: at any time")
    parser.add_argument("--window-zone", dest="hours_zone", metavar="ZONE", help="such as Europe/Berlin")
    parser.add_argument("--json", action="store_true")
