"""A way into the sandbox for tests: plain `requests`, nothing of the SDK."""

from __future__ import annotations

from typing import Any

import requests
from requests import Response

from sdk.sandbox import Sandbox


def media(name: str) -> str:
    """The full media type of a vendor name; one with a slash is full already."""
    return name if "/" in name else f"application/vnd.com.nsn.cumulocity.{name}+json"


class Door:
    """The calls of one user, in-process. `user` is a name of `Sandbox.credentials`, or "bootstrap"."""

    def __init__(self, sandbox: Sandbox, user: str, tenant: str = "acme", password: str = "") -> None:
        self.base = f"http://{tenant}.sandbox"
        self.session = requests.Session()
        self.session.mount(self.base, sandbox.adapter())
        self.session.headers["X-Cumulocity-Application-Key"] = "tests"
        if user == "bootstrap":
            self.session.auth = (f"management/{sandbox.bootstrap['user']}", sandbox.bootstrap["password"])
        else:
            self.session.auth = (user, password or sandbox.tenant(tenant).passwords[user])

    def call(self, method: str, path: str, **options: Any) -> Response:
        return self.session.request(method, self.base + path, **options)

    def get(self, path: str, **options: Any) -> Response:
        return self.call("GET", path, **options)

    def post(self, path: str, kind: str, body: Any, headers: dict[str, str] | None = None) -> Response:
        return self._send("POST", path, kind, body, headers)

    def put(self, path: str, kind: str, body: Any, headers: dict[str, str] | None = None) -> Response:
        return self._send("PUT", path, kind, body, headers)

    def _send(self, method: str, path: str, kind: str, body: Any, headers: dict[str, str] | None) -> Response:
        sent = {"Content-Type": media(kind), "Accept": "application/json"} | (headers or {})
        return self.call(method, path, json=body, headers=sent)

    def delete(self, path: str, **options: Any) -> Response:
        return self.call("DELETE", path, **options)

    def objects(self, query: str = "", size: int = 2000) -> list[dict[str, Any]]:
        """The managed objects that `query` finds in the query language, on one page."""
        answer = self.get("/inventory/managedObjects", params={"query": query, "pageSize": size})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["managedObjects"]
        return found

    def everything(self, path: str, key: str) -> list[dict[str, Any]]:
        """All entries of a collection, page by page along `next`."""
        found, url = [], self.base + path
        while url:
            page = self.session.get(url).json()
            found += page[key]
            url = page.get("next")
        return found
