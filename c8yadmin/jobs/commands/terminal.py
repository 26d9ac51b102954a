"""Jobs from the command line: as whom, on what, and until when to wait."""

from __future__ import annotations

import os
import socket
import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from c8yadmin.accounts.clients import client_for
from c8yadmin.accounts.credentials import Credential, Secret
from c8yadmin.accounts.login import whoami
from c8yadmin.core.request import Person
from c8yadmin.core.tenants import Tenant
from c8yadmin.jobs import engine
from c8yadmin.jobs.commands import flags
from c8yadmin.jobs.execution.database import clock, retry_db
from c8yadmin.jobs.execution.sweeper import advance
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders import scopes
from c8yadmin.jobs.orders.places import named
from c8yadmin.jobs.orders.submission import Order
from c8yadmin.jobs.registry import Action, Params, TargetKind, actions, find_target, orderable
from c8yadmin.jobs.states import PauseReason, State
from sdk import SessionAuth

IDLE = 0.25  # seconds between looks at a job that others work on


class Unusable(Exception):
    """What was typed, or the environment, cannot be meant; the text says why."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The tenant of the environment, and who acts there."""

    tenant: Tenant
    credential: Credential
    owner: str
    person: Person


def connect(env: Mapping[str, str] = os.environ) -> Connection:
    """The connection that `C8Y_BASEURL`, `C8Y_TENANT` and `C8Y_USER`, `C8Y_PASSWORD` or `C8Y_TOKEN` describe.

    Asks the tenant who that is (GET /user/currentUser, and GET /tenant/currentTenant where its id was not
    given). Raises Unusable for a missing variable, C8yError when the tenant refuses.
    """
    base_url, tenant_id = _base_url(env), env.get("C8Y_TENANT", "")
    credential = _credential(env, tenant_id)
    tenant = named(base_url, credential.tenant_id)
    with client_for(tenant, credential) as c8y:
        person = whoami(c8y)
        tenant_id = credential.tenant_id or c8y.tenants.get_current().id or ""
    known = Credential(credential.kind, tenant_id, person.name, credential.secret, credential.expires_at)
    return Connection(named(base_url, tenant_id), known, person.name, person)


def _base_url(env: Mapping[str, str]) -> str:
    base_url = env.get("C8Y_BASEURL", "").strip().rstrip("/")
    if not base_url:
        raise Unusable("Set C8Y_BASEURL to the tenant's address, such as https://acme.cumulocity.com.")
    return base_url if "://" in base_url else f"https://{base_url}"


def _credential(env: Mapping[str, str], tenant_id: str) -> Credential:
    if token := env.get("C8Y_TOKEN"):
        auth = SessionAuth(token)
        return Credential("token", tenant_id or auth.get_tenant_id(), "", Secret(token), auth.expires_at)
    user, password = env.get("C8Y_USER", ""), env.get("C8Y_PASSWORD", "")
    if not user or not password:
        raise Unusable("Set C8Y_USER and C8Y_PASSWORD, or C8Y_TOKEN.")
    prefix, _, name = user.rpartition("/")
    return Credential("basic", tenant_id or prefix, name, Secret(password))


@dataclass(frozen=True, slots=True)
class Way:
    """A further way to submit a job: `job <name> …`, with what `arguments` adds to the usual ones.

    `submit` makes a job of the connection and of what was typed; it may raise Unusable.
    """

    name: str
    help: str
    arguments: Callable[[ArgumentParser], None]
    submit: Callable[[Connection, Mapping[str, Any]], Job]


_ways: dict[str, Way] = {}


def register_way(way: Way) -> None:
    """Let the command line submit jobs in this way, too."""
    _ways[way.name] = way


def ways() -> Mapping[str, Way]:
    """The registered ways, by name."""
    return _ways


def known_action(name: str) -> tuple[Action, TargetKind]:
    """The action called `name`, and what it is for."""
    action = orderable(name)
    kind = find_target(action.target) if action else None
    if action is None or kind is None:
        raise Unusable(f"There is no action “{name}”; there are {', '.join(a.name for a in actions())}.")
    if kind.source:
        raise Unusable(f"{name} has a command of its own; job --help names it.")
    return action, kind


def order(connection: Connection, name: str, options: Mapping[str, Any]) -> Order:
    """What `job submit` asks for, checked as far as that is possible without counting."""
    action, kind = known_action(name)
    if not action.reads:
        require_changeable(connection.tenant, options)
    try:
        spec = _spec(kind, options)
        params = action.parse([_pair(text) for text in options["param"]])
        with client_for(connection.tenant, connection.credential) as c8y:
            params = action.settle(c8y, params)
    except ValidationError as error:
        raise Unusable(" ".join(error.messages)) from error
    except ValueError as error:
        raise Unusable(str(error)) from error
    return ordered(connection, action, params, spec, options)


def require_changeable(tenant: Tenant, options: Mapping[str, Any]) -> None:
    """Raise Unusable where `tenant` may not be changed, or not without --yes."""
    if tenant.read_only:
        raise Unusable(f"{tenant.name} is connected read-only.")
    if tenant.access == "guarded" and not options["yes"]:
        raise Unusable(f"{tenant.name} is guarded: add --yes to change it from the command line.")


def ordered(
    connection: Connection, action: Action, params: Params, spec: scopes.Spec, options: Mapping[str, Any]
) -> Order:
    """The order of what was understood, at the pace and under the key that the usual options name."""
    return Order(
        connection.tenant,
        connection.credential,
        connection.owner,
        action,
        params,
        spec,
        autostart=not options["dry_run"],
        settings=flags.options(connection.tenant.slug, options),
        **({"idem_key": options["idem_key"]} if options["idem_key"] else {}),
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ValueError(f"“{text}” is no --param: write name=value.")
    return name, value


def _spec(kind: TargetKind, options: Mapping[str, Any]) -> scopes.Spec:
    if options["ids"] is not None:
        return scopes.selected(kind, options["ids"].split(","))
    if not options["query"].strip():
        raise ValueError("An empty query would mean everything: say what shall match.")
    return scopes.queried(kind, options["query"])


def work_until_settled(job: Job) -> None:
    """Work at the job, beside whatever workers there are, until it has ended or only a person can go on.

    Leases keep this process and workers out of each other's way.
    """
    worker = f"command line on {socket.gethostname()}:{os.getpid()}"
    while not _is_settled(job):
        if not engine.work(job.pk, worker):
            advance(job, retry_db(clock))
            time.sleep(IDLE)
        job.refresh_from_db()


def _is_settled(job: Job) -> bool:
    goes_on = job.pause_reason == PauseReason.USER or job.resume_at is not None
    paused_by_itself = job.standing is State.PAUSED and not goes_on
    for_a_person = job.standing in (State.READY, State.AWAITING_APPROVAL)
    return job.is_terminal or for_a_person or paused_by_itself
