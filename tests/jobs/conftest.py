"""An action without any tenant: what it did to which target is in the ledger."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.test import Client
from requests.adapters import BaseAdapter

from c8yadmin.accounts.credentials import Credential, Secret
from c8yadmin.celery import app
from c8yadmin.core.listing import ListForm
from c8yadmin.core.tenants import Tenant, find
from c8yadmin.jobs import registry
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders.submission import Order, submit
from c8yadmin.jobs.registry import Action, Occasion, Outcome, Params, ParamsForm, Preview, TargetKind
from sdk.sandbox import Sandbox
from tests.jobs.lending import prepare
from tests.jobs.painting import shop

__all__ = ["shop"]

Deed = Callable[[str], Outcome]


class NoWay(BaseAdapter):
    """The fake action asks no tenant; whatever does is a mistake."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__()

    def send(self, request: Any, *_: Any, **__: Any) -> Any:
        raise AssertionError(f"unexpected request: {request.method} {request.url}")

    def close(self) -> None:
        pass


class Ledger:
    """What the fake action did; `deeds` are what it does to particular targets, or to all of them ("*")."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.deeds: dict[str, Deed] = {}
        self.matching: list[str] = []
        self._lock = threading.Lock()

    def perform(self, id: str) -> Outcome:
        deed = self.deeds.get(id) or self.deeds.get("*")
        outcome = deed(id) if deed else Outcome.ok()
        with self._lock:
            self.done[id] += 1
        return outcome


class Ids:
    """A query as far as a job needs one: ordered ids, each list read anew from the ledger."""

    by_id = True
    chronology = None

    def __init__(self, ids: list[str]) -> None:
        self._ids = ids

    def ids(self, after: str | None = None) -> Iterator[str]:
        for id in self._ids:
            if after is None or int(id) > int(after):
                yield id

    def count(self) -> int:
        return len(self._ids)


@pytest.fixture
def ledger(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Registers the action `test.mark` on `things` for one test."""
    book = Ledger()

    class ThingFilter(ListForm):
        colour = forms.CharField(required=False)

        def query(self, c8y: object) -> Ids:
            return Ids(book.matching)

    class MarkForm(ParamsForm):
        mark = forms.CharField()

    class Mark(Action):
        name = "test.mark"
        label = "Mark"
        target = "things"
        needs = ("ROLE_INVENTORY_ADMIN",)
        form = MarkForm

        def describe(self, params: Params) -> str:
            return f"Mark {params['mark']}"

        def preview(self, c8y: object, ids: Sequence[str], params: Params) -> list[Preview]:
            return [Preview(id, f"Thing {id}", {}, {"mark": params["mark"]}) for id in ids]

        def perform(self, c8y: object, id: str, params: Params, occasion: Occasion) -> Outcome:
            return book.perform(id)

    things = TargetKind("things", ("thing", "things"), ThingFilter)
    monkeypatch.setitem(registry._registry.actions, "test.mark", Mark())
    monkeypatch.setitem(registry._registry.targets, "things", things)
    settings.JOBS_COMMIT_SECONDS = 0.1
    settings.TENANT_CONNECTOR = "tests.jobs.conftest.NoWay"
    return book


@pytest.fixture
def no_workers() -> Iterator[None]:
    """Wake-ups go nowhere: the test alone says who works when."""
    app.conf.task_always_eager, app.conf.broker_url = False, "memory://"
    yield
    app.conf.task_always_eager = True


@pytest.fixture
def credential() -> Credential:
    return Credential("basic", "acme", "admin", Secret("canary-secret-1"))


@pytest.fixture
def make_job(db: None, ledger: Ledger, credential: Credential) -> Callable[..., Job]:
    """Submits `test.mark` over so many things: `make_job(1200, autostart=True)`."""

    def make(n: int = 3, *, ids: list[str] | None = None, spec: Any = None, **order: Any) -> Job:
        tenant = find("acme")
        assert tenant is not None
        action = registry.find_action("test.mark")
        assert action is not None
        ids = ids if ids is not None else [str(i) for i in range(1, n + 1)]
        order = {"owner": "admin", "params": {"mark": "x"}, **order}
        return submit(Order(tenant, credential, action=action, spec=spec or {"ids": ids}, **order))

    return make


@pytest.fixture
def prepared(
    sign_in: Callable[..., Client], sandbox: Sandbox, no_workers: None
) -> Callable[..., tuple[Client, Job]]:
    """A browser, and its job on three devices of `acme` that waits for the confirmation."""
    objects = sandbox.tenant("acme").inventory.objects
    devices = [id for id, found in objects.items() if "c8y_IsDevice" in found]

    def make(browser: Client | None = None, user: str = "admin") -> tuple[Client, Job]:
        browser = browser or sign_in(user)
        return browser, prepare(browser, devices[:3])

    return make


@pytest.fixture
def password(sandbox: Sandbox) -> str:
    """That of `admin` in `acme`."""
    return str(sandbox.credentials["acme"]["admin"]["password"])


@pytest.fixture
def basic_only(sandbox: Sandbox) -> None:
    """The tenant gives no tokens."""
    sandbox.faults.add("/tenant/loginOptions", status=200, body=b'{"loginOptions":[{"type":"BASIC"}]}')


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where exports are."""
    settings.EXPORT_DIR = tmp_path / "exports"
    settings.JOBS_COMMIT_SECONDS = 0.1
    return tmp_path / "exports"


@pytest.fixture
def devices(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """The devices of the tenant `acme` by id, as it holds them."""
    objects = sandbox.tenant("acme").inventory.objects
    return {id: found for id, found in objects.items() if "c8y_IsDevice" in found}


@pytest.fixture
def browser(sign_in: Callable[..., Client], folder: Path) -> Client:
    """An administrator's, with exports in a folder of the test's own."""
    return sign_in()
