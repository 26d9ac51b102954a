"""An action without any tenant whose jobs can be reverted: things have a colour, and are painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import requests

from c8yadmin.accounts.credentials import Credential
from c8yadmin.core.tenants import find
from c8yadmin.jobs import registry
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders.submission import Order, submit
from c8yadmin.jobs.registry import Image, Occasion, Outcome, Params, ParamsForm, Preview
from c8yadmin.jobs.undoing.reverting import revert
from c8yadmin.jobs.undoing.undo import StateAction
from sdk import CumulocityClient, NotFound


class Shop:
    """The things by id; `before_brush` and `after_brush` are called with the id around each change."""

    def __init__(self, credential: Credential) -> None:
        self.credential = credential
        self.colours: dict[str, str] = {}
        self.strokes: list[str] = []
        self.before_brush: Callable[[str], object] = lambda id: None
        self.after_brush: Callable[[str], object] = lambda id: None

    def paint(self, id: str, colour: str) -> None:
        self.before_brush(id)
        self.strokes.append(id)
        self.colours[id] = colour
        self.after_brush(id)

    def order(self, n: int, **order: Any) -> Job:
        """A job that paints so many new things."""
        self.colours = {str(i): f"colour {i}" for i in range(1, n + 1)}
        tenant, action = find("acme"), registry.find_action("test.paint")
        assert tenant is not None
        assert action is not None
        given: dict[str, Any] = {"spec": {"ids": list(self.colours)}, "autostart": True, **order}
        job = submit(Order(tenant, self.credential, "admin", action, {"word": "painted"}, **given))
        job.refresh_from_db()
        return job

    def revert(self, job: Job, **options: Any) -> Job:
        """A job that takes back what `job` did."""
        tenant = find("acme")
        assert tenant is not None
        job.refresh_from_db()
        back = revert(job, tenant, self.credential, "admin", **{"autostart": True, **options})
        back.refresh_from_db()
        return back

    @property
    def as_it_was(self) -> bool:
        return all(colour == f"colour {id}" for id, colour in self.colours.items())


@pytest.fixture
def shop(ledger: object, credential: Credential, db: None, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Registers `test.paint` for one test."""
    shop = Shop(credential)
    monkeypatch.setitem(registry._registry.actions, "test.paint", Paint(shop))
    return shop


class Paint(StateAction[str]):
    """The action `test.paint`: it appends a word to the colour, so that doing it twice shows."""

    name = "test.paint"
    label = "Paint"
    target = "things"
    form = ParamsForm

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def describe(self, params: Params) -> str:
        return f"Paint {params['word']}"

    def preview(self, c8y: object, ids: Sequence[str], params: Params) -> list[Preview]:
        return [Preview(id, f"Thing {id}", {}, {}) for id in ids]

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        if self.took_effect(self.read(c8y, id), params, occasion):
            return Outcome.ok()
        before = self.shop.colours[id]
        if before.endswith("painted already"):
            return Outcome.already_so("It was so.")
        after = f"{before} {params['word']}"
        occasion.keep({"colour": before}, {"colour": after})
        self._send(c8y, id, after)
        return Outcome.ok()

    def read(self, c8y: CumulocityClient, id: str) -> str:
        if id not in self.shop.colours:
            raise NotFound("There is no such thing.", status=404, method="GET", path=f"/things/{id}")
        return id

    def label_of(self, found: str) -> str:
        return f"Thing {found}"

    def state(self, found: str, image: Image, params: Params) -> dict[str, Any]:
        return {"colour": self.shop.colours[found]}

    def bring_back(
        self, c8y: CumulocityClient, found: str, image: Image, params: Params, occasion: Occasion
    ) -> Outcome:
        self._send(c8y, found, image.before["colour"])
        return Outcome.ok()

    def _send(self, c8y: CumulocityClient, id: str, colour: str) -> None:
        announce = c8y._channel.on_request  # as the client announces each call
        assert announce is not None
        announce(requests.PreparedRequest())
        self.shop.paint(id, colour)
