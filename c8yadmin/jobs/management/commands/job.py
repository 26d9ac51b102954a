"""`manage.py job`: submit, follow and control jobs."""

from __future__ import annotations

import contextlib
import getpass
import json
import shutil
import sys
import uuid
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError

from c8yadmin.accounts.clients import client_for
from c8yadmin.core.request import Person
from c8yadmin.jobs.authority.approvals import NotApproved, fingerprint
from c8yadmin.jobs.authority.credentials import PasswordNotKept
from c8yadmin.jobs.commands import flags, terminal
from c8yadmin.jobs.commands.terminal import Unusable
from c8yadmin.jobs.execution.audit import audit
from c8yadmin.jobs.execution.items import ALL, CANCELED, PENDING, Items, Names, namer
from c8yadmin.jobs.execution.reasons import NoSuchReason, named, reasons
from c8yadmin.jobs.execution.transitions import NotAllowed
from c8yadmin.jobs.models import ExportFile, Job
from c8yadmin.jobs.orders import control, limits
from c8yadmin.jobs.orders.submission import (
    AnotherJob,
    NotAgain,
    NothingToRetry,
    TooManyJobs,
    order_again,
    retry,
    submit,
)
from c8yadmin.jobs.pages.files import opened
from c8yadmin.jobs.pages.progress import Progress, figures, fruitless, summary
from c8yadmin.jobs.pages.waiting import notes
from c8yadmin.jobs.states import ItemState, PauseReason, State
from c8yadmin.jobs.undoing.reverting import NotRevertible, revert
from c8yadmin.ui.text import visible
from sdk import C8yError

REFUSALS = (
    Unusable,
    NotApproved,
    PasswordNotKept,
    C8yError,
    NotAllowed,
    NotAgain,
    NothingToRetry,
    NoSuchReason,
    NotRevertible,
    control.NotConfirmed,
    flags.WrongFlag,
    TooManyJobs,
)
OUTCOMES = [ALL, *ItemState, PENDING, CANCELED]


class Command(BaseCommand):
    help = (
        "Submit jobs and control them. The tenant and the sign-in come from C8Y_BASEURL, C8Y_TENANT and "
        "C8Y_USER, C8Y_PASSWORD or C8Y_TOKEN."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="step", required=True)
        _submit_arguments(commands.add_parser("submit", help="create a job and let it run"))
        for way in terminal.ways().values():
            further = commands.add_parser(way.name, help=way.help)
            way.arguments(further)
            flags.usual(further)
        flags.speed_commands(commands)
        listed = commands.add_parser("list", help="the newest jobs")
        listed.add_argument("--limit", type=int, default=50)
        listed.add_argument("--json", action="store_true")
        audited = commands.add_parser("audit", help="check that all counts and states of all jobs agree")
        audited.add_argument("--json", action="store_true")
        _step_arguments(commands)
        _download_arguments(commands.add_parser("download", help="the file that an export came to"))
        _results_arguments(commands.add_parser("results", help="how each target of one job ended"))

    def handle(self, *_: Any, **options: Any) -> None:
        step = options["step"]
        try:
            if step in terminal.ways():
                self._further(options)
            else:
                getattr(self, f"_{step}")(options)
        except AnotherJob:
            raise CommandError("This --idem-key was used before, for another job.") from None
        except REFUSALS as error:
            raise CommandError(str(error)) from error
        except (OperationalError, ProgrammingError) as error:
            raise CommandError(
                f"The database cannot be used; run manage.py migrate first. ({error})"
            ) from error

    def _submit(self, options: dict[str, Any]) -> None:
        order = terminal.order(terminal.connect(), options["action"], options)
        self._follow(submit(order), options)

    def _further(self, options: dict[str, Any]) -> None:
        self._follow(terminal.ways()[options["step"]].submit(terminal.connect(), options), options)

    def _list(self, options: dict[str, Any]) -> None:
        jobs = [summary(job) for job in Job.objects.order_by("-created_at")[: options["limit"]]]
        if options["json"]:
            self.stdout.write(json.dumps(jobs))
            return
        for job in jobs:
            self.stdout.write(f"{job['id']}  {job['state']:<21}  {job['total']:>9,}  {job['action']}")

    def _audit(self, options: dict[str, Any]) -> None:
        """Print what breaks an invariant; exit with 1 if anything does."""
        breaches = list(audit())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(breach) for breach in breaches]))
        else:
            self.stdout.write("\n".join(map(str, breaches)) or "All counts and states agree.")
        if breaches:
            sys.exit(1)

    def _show(self, options: dict[str, Any]) -> None:
        self._print(_job(options), options)

    def _pause(self, options: dict[str, Any]) -> None:
        job = _job(options)
        control.pause(job, _actor())
        self._print(job, options)

    def _resume(self, options: dict[str, Any]) -> None:
        job = _job(options)
        control.resume(job, _actor(), _credential_for(job))
        self._follow(job, options)

    def _approve(self, options: dict[str, Any]) -> None:
        job = _job(options)
        seen = options["seen"] or fingerprint(job.pk)
        control.approve(job, _second_person(job), seen, options["comment"])
        self._print(job, options)

    def _reject(self, options: dict[str, Any]) -> None:
        job = _job(options)
        control.reject(job, _second_person(job), options["comment"])
        self._print(job, options)

    def _set(self, options: dict[str, Any]) -> None:
        job = _job(options)
        flags.require_changes(options)
        schedule, speed = flags.schedule(job, options), flags.speed(job, options)
        if schedule is not None:
            control.reschedule(job, _actor(), schedule)
        if speed is not None:
            control.set_speed(job, _actor(), rate=speed[0], parallel=speed[1])
        self._print(job, options)

    def _limit(self, options: dict[str, Any]) -> None:
        limit = flags.limit(options["tenant"], options)
        if options["json"]:
            self.stdout.write(json.dumps(limits.summary(limit)))
        else:
            self.stdout.write(limits.words(limit))

    def _cancel(self, options: dict[str, Any]) -> None:
        job = _job(options)
        control.cancel(job, _actor())
        self._print(job, options)

    def _retry(self, options: dict[str, Any]) -> None:
        job, connection = _job(options), terminal.connect()
        _require_same_tenant(job, connection)
        reason = named(job, options["reason"]).key if options["reason"] is not None else ""
        again = retry(
            job, connection.tenant, connection.credential, connection.owner, autostart=True, reason=reason
        )
        self._follow(again, options)

    def _again(self, options: dict[str, Any]) -> None:
        job, connection = _job(options), terminal.connect()
        _require_same_tenant(job, connection)
        terminal.require_changeable(connection.tenant, options)
        fresh = order_again(job, connection.tenant, connection.credential, connection.owner, autostart=True)
        self._follow(fresh, options)

    def _revert(self, options: dict[str, Any]) -> None:
        job, connection = _job(options), terminal.connect()
        _require_same_tenant(job, connection)
        terminal.require_changeable(connection.tenant, options)
        back = revert(job, connection.tenant, connection.credential, connection.owner, autostart=True)
        self._follow(back, options)

    def _results(self, options: dict[str, Any]) -> None:
        """Print the reasons why targets did not succeed, or every target as CSV."""
        job = _job(options)
        if options["csv"]:
            self._write(Items(job, options["outcome"]).csv(_names(job, options)), options["output"])
            return
        found = reasons(job)
        if options["json"]:
            self.stdout.write(json.dumps([asdict(one) for one in found]))
            return
        for one in found:
            self.stdout.write(f"{one.key}  {one.outcome:<7}  {visible(str(one))}")

    def _download(self, options: dict[str, Any]) -> None:
        """Copy the file of an export."""
        found = ExportFile.objects.filter(job=_job(options)).first()
        if found is None:
            raise Unusable("This job has no file: it is no export, or not done.")
        try:
            with opened(found) as source, Path(options["output"]).open("wb") as copy:
                shutil.copyfileobj(source, copy)
        except OSError as error:
            raise Unusable(error.strerror or str(error)) from error
        self.stdout.write(f"{found.rows:,} rows, {found.size:,} bytes")

    def _write(self, blocks: Iterable[bytes], output: str | None) -> None:
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(Path(output).open("wb")) if output else None
            for block in blocks:
                if file:
                    file.write(block)
                else:
                    self.stdout.write(block.decode(), ending="")

    def _follow(self, job: Job, options: dict[str, Any]) -> None:
        """Print the job; with --wait only once it is over, and exit with 1 unless all went well.

        With --dry-run it is printed as soon as it is prepared, and then discarded.
        """
        dry = options.get("dry_run", False)
        if options["wait"] or dry:
            self._wait(job)
        self._print(job, options)
        if (options["wait"] or dry) and not job.total:
            self.stderr.write(
                visible(fruitless(job, figures(job)) or "Nothing matched, so there was nothing to do.")
            )
        flawless = job.standing is (State.READY if dry else State.COMPLETED) and not figures(job).get(
            "rejected"
        )
        if dry and not job.is_terminal:
            control.cancel(job, _actor())
        if (options["wait"] or dry) and not flawless:
            sys.exit(1)

    def _wait(self, job: Job) -> None:
        try:
            terminal.work_until_settled(job)
        except KeyboardInterrupt:
            self.stderr.write(f"Not waiting any longer; workers go on with job {job.pk} where there are any.")
            sys.exit(130)

    def _print(self, job: Job, options: dict[str, Any]) -> None:
        job.refresh_from_db()
        waits = {"fingerprint": fingerprint(job.pk)} if job.standing is State.AWAITING_APPROVAL else {}
        if options["json"]:
            self.stdout.write(json.dumps(summary(job) | waits))
            return
        progress = Progress.of(job)
        counts = [f"{getattr(progress, name):,} {name}" for name in COUNTS if getattr(progress, name)]
        self.stdout.write(f"{job.pk}  {job.state}  {job.summary}")
        self.stdout.write(f"{job.total:,} targets: {', '.join(counts) or 'none done'}")
        if counted := figures(job):
            self.stdout.write(", ".join(f"{n:,} {name}" for name, n in counted.items()))
        if job.works_as:
            self.stdout.write(f"Works as {job.works_as} on behalf of {job.owner}.")
        outlook = job.preview.get("outlook", "") if job.standing is State.READY else ""
        beside = [line for line in (outlook, job.problem) if line]
        for line in [*notes(job, limits.limit_of(job.tenant)), *beside]:
            self.stdout.write(str(line))
        if waits:
            self.stdout.write(f"Waits for approval of what it is now: --seen {waits['fingerprint']}")


COUNTS = ("ok", "failed", "skipped", "unknown", "canceled", "pending")
STEPS = {
    "show": "one job",
    "pause": "stop after the batch under way",
    "resume": "go on where it stopped",
    "approve": "let a job begin that waits for a second person",
    "reject": "give such a job back to its owner",
    "cancel": "stop for good",
    "retry": "a new job for what failed",
    "again": "a new job with the order of one whose targets could not be found",
    "revert": "a new job that takes back what it changed",
}


def _submit_arguments(parser: CommandParser) -> None:
    parser.add_argument("action", help="such as inventory.set")
    targets = parser.add_mutually_exclusive_group(required=True)
    targets.add_argument("--query", help="what shall match, in the query language of the action's targets")
    targets.add_argument("--ids", help="ids, separated by commas")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE")
    flags.usual(parser)


def _step_arguments(commands: Any) -> None:
    for step, words in STEPS.items():
        one = commands.add_parser(step, help=words)
        one.add_argument("id", type=uuid.UUID)
        one.add_argument("--json", action="store_true")
        if step in ("approve", "reject"):
            one.add_argument("--comment", required=step == "reject", default="", help="for the job's log")
        if step == "approve":
            one.add_argument("--seen", help="only what `job show` printed under this name")
        if step == "retry":
            one.add_argument("--reason", help="only what ended so: a key or words from `job results`")
        if step in ("again", "revert"):
            one.add_argument("--yes", action="store_true", help="confirm a change to a guarded tenant")
        if step in ("retry", "again", "revert", "resume"):
            one.add_argument("--wait", action="store_true", help="work at it here until it is over")


def _download_arguments(parser: CommandParser) -> None:
    parser.add_argument("id", type=uuid.UUID)
    parser.add_argument("-o", "--output", required=True, help="where to write it")


def _results_arguments(parser: CommandParser) -> None:
    parser.add_argument("id", type=uuid.UUID)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="every target instead of the reasons")
    form.add_argument("--json", action="store_true")
    parser.add_argument(
        "--outcome", choices=OUTCOMES, default=ALL, type=str.upper, help="which of them (all)"
    )
    parser.add_argument("--names", action="store_true", help="ask the tenant for the names, too")
    parser.add_argument("-o", "--output", help="a file for the CSV instead of the standard output")


def _names(job: Job, options: dict[str, Any]) -> Names | None:
    if not options["names"]:
        return None
    connection = terminal.connect()
    return namer(job, client_for(connection.tenant, connection.credential))


def _job(options: dict[str, Any]) -> Job:
    job = Job.objects.filter(pk=options["id"]).first()
    if job is None:
        raise Unusable(f"There is no job {options['id']}.")
    return job


def _require_same_tenant(job: Job, connection: terminal.Connection) -> None:
    if connection.tenant.slug != job.tenant:
        raise Unusable(f"The job is of {job.tenant}, the environment names {connection.tenant.slug}.")


def _actor() -> str:
    return f"{getpass.getuser()} (command line)"


def _second_person(job: Job) -> Person:
    """Whom the environment names, to approve or reject `job`."""
    connection = terminal.connect()
    _require_same_tenant(job, connection)
    if connection.tenant.read_only:
        raise Unusable(f"{connection.tenant.name} is connected read-only.")
    return connection.person


def _credential_for(job: Job) -> Any:
    """A fresh sign-in where the job needs one, which must be its owner's."""
    if job.pause_reason != PauseReason.NEEDS_AUTH:
        return None
    connection = terminal.connect()
    if (connection.tenant.slug, connection.owner) != (job.tenant, job.owner):
        raise Unusable(f"The job works with the sign-in of {job.owner} in {job.tenant}: give that one.")
    return connection.credential
