"""`python -m tests.bench.pages ROUNDS`: the console's own work for a list page, the tenant's left out."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from typing import Any

import django
from django.core.management import call_command
from django.test import Client
from requests.adapters import BaseAdapter

from sdk.sandbox import Sandbox
from tests.bench.processes import CLIENT, pin
from tests.tenants import Current

LIST = "/t/acme/devices/?size=50"
FRAGMENT = {"HX-Request": "true", "HX-Target": "devices"}


class Apart(BaseAdapter):
    """The way to the sandbox; what is spent beyond it is not the console's."""

    def __init__(self, tenant: BaseAdapter) -> None:
        super().__init__()
        self._tenant, self.seconds = tenant, 0.0

    def send(self, *arguments: Any, **options: Any) -> Any:
        begun = time.process_time()
        try:
            return self._tenant.send(*arguments, **options)
        finally:
            self.seconds += time.process_time() - begun

    def close(self) -> None:
        self._tenant.close()


class Measured(Sandbox):
    """A sandbox whose adapter keeps account of its own time."""

    def adapter(self) -> Any:
        if not hasattr(self, "apart"):
            self.apart = Apart(super().adapter())
        return self.apart


def signed_in(sandbox: Measured) -> Client:
    """A browser in which the administrator has signed in."""
    browser = Client(SERVER_NAME="localhost")
    password = sandbox.credentials["acme"]["admin"]["password"]
    browser.post("/sign-in/", {"tenant": "acme", "username": "admin", "password": password})
    return browser


def milliseconds(browser: Client, sandbox: Measured, headers: dict[str, str]) -> float:
    """The CPU time of one page without the tenant's."""
    begun, apart = time.process_time(), sandbox.apart.seconds
    answer = browser.get(LIST, headers=headers)
    spent = time.process_time() - begun - (sandbox.apart.seconds - apart)
    if answer.status_code != 200 or answer.content.count(b"<tr") < 50:
        raise SystemExit(f"no list of 50 rows: {answer.status_code}")
    return spent * 1000


def main() -> None:
    """Print the medians."""
    pin(CLIENT)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    call_command("migrate", verbosity=0)
    Current.sandbox = sandbox = Measured(devices=1000)
    browser = signed_in(sandbox)
    found = {}
    for name, headers in {"page": {}, "fragment": FRAGMENT}.items():
        spent = [milliseconds(browser, sandbox, headers) for _ in range(20 + int(sys.argv[1]))]
        found[name] = statistics.median(spent[20:])  # the first ones compile templates
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
