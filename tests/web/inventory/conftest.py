"""What the tests of the devices pages look at: the tenant behind them, its calls, and the text of a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse

from sdk.sandbox import Sandbox
from sdk.sandbox.faults import Fault
from sdk.sandbox.store.tenant import Tenant


@pytest.fixture
def acme(sandbox: Sandbox) -> Tenant:
    """The tenant that the tests are signed in to."""
    return sandbox.tenant("acme")


@pytest.fixture
def calls(sandbox: Sandbox) -> Callable[[], Fault]:
    """Counts the tenant's calls from now on: `counted = calls(); …; counted.hits`."""
    return sandbox.faults.add


@pytest.fixture
def device(acme: Tenant) -> Callable[..., dict[str, Any]]:
    """Puts a device into the tenant: `device(name="x", c8y_Hardware={…})` gives its document."""

    def put(**fragments: Any) -> dict[str, Any]:
        at = "2026-01-02T03:04:05.000Z"
        document = {"id": acme.next_id(), "owner": "admin", "creationTime": at, "lastUpdated": at}
        acme.inventory.create(document | {"name": "Probe", "type": "t_Probe", "c8y_IsDevice": {}} | fragments)
        return acme.inventory.objects[document["id"]]

    return put


def words(answer: HttpResponse) -> str:
    """The text of a page as a reader sees it."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(text))
