"""The sandbox that the console under test talks to."""

from __future__ import annotations

from requests.adapters import BaseAdapter

from c8yadmin.core.tenants import Tenant
from sdk.sandbox import Sandbox


class Current:
    """The running test's sandbox; set by the `sandbox` fixture."""

    sandbox: Sandbox | None = None


def connector(tenant: Tenant) -> BaseAdapter:
    """The way to `tenant`: straight into the test's sandbox."""
    if Current.sandbox is None:
        raise RuntimeError("This test reaches a tenant without asking for the `sandbox` fixture.")
    return Current.sandbox.adapter()
