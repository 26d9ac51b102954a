"""What the SDK sends and gets on its tour of everything, checked against the vendor's description."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from requests import PreparedRequest, Response

from sdk import BasicAuth, CumulocityClient, RetryPolicy
from sdk.rest.files import Body
from sdk.sandbox import Sandbox
from sdk.sandbox.adapter import SandboxAdapter
from tests.contract import description
from tests.sdk import tours
from tests.sdk.surface import SURFACE

UNTYPED = Path(__file__).with_name("untyped.txt")
"""Described operations that the tours do not reach, each with the reason. May only get shorter."""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tours")]


@pytest.fixture(scope="module")
def exchanges() -> dict[str, list[Response]]:
    """Every exchange of the tours, by the domain that they lead through."""
    description.require()
    return {domain: list(_exchanges_of(domain)) for domain in SURFACE}


def _exchanges_of(domain: str) -> Iterator[Response]:
    found: list[Response] = []
    send = SandboxAdapter.send

    def sent(self: SandboxAdapter, request: PreparedRequest, *rest: Any, **options: Any) -> Response:
        body: Any = request.body
        content = _content(body)
        response = send(self, request, *rest, **options)
        response.content  # noqa: B018  (now, while its connection is open)
        response.request = request.copy()
        response.request.body = content
        found.append(response)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SandboxAdapter, "send", sent)
        sandbox = Sandbox(devices=60, seed=7)
        getattr(tours, domain)(tours.Guide(sandbox, _connecting(sandbox)))
    return iter(found)


def _content(body: Any) -> Any:
    if not isinstance(body, Body):
        return body
    content = body.read()
    body.rewind()
    return content


def _connecting(sandbox: Sandbox) -> Callable[..., CumulocityClient]:
    def connect(user: str = "admin", tenant: str = "acme", auth: Any = None) -> CumulocityClient:
        known = auth or BasicAuth(user, sandbox.credentials[tenant][user]["password"])
        quick = RetryPolicy(base=0.001, cap=0.002)
        return CumulocityClient(
            f"http://{tenant}.sandbox", tenant, known, connector_factory=sandbox.adapter, retry=quick
        )

    return connect


@pytest.mark.fact("paging.keys")
@pytest.mark.parametrize("domain", list(SURFACE))
def test_every_exchange_is_as_described(domain: str, exchanges: dict[str, list[Response]]) -> None:
    # The generic client and plain verbs send what they are told to; HEAD and OPTIONS are on no page.
    found = [one for one in exchanges[domain] if one.request.method not in {"HEAD", "OPTIONS"}]
    check = description.problems_of_answer if domain == "generic" else description.problems_of
    assert sorted({problem for answer in found for problem in check(answer)}) == []


def test_every_described_operation_has_a_verb_or_a_reason(exchanges: dict[str, list[Response]]) -> None:
    called = [
        f"{answer.request.headers.get('X-HTTP-METHOD', answer.request.method)} "
        f"{str(answer.request.path_url).partition('?')[0]}"
        for answers in exchanges.values()
        for answer in answers
    ]
    described = {
        f"{method.upper()} {path}": re.compile(f"{method.upper()} " + re.sub(r"\{[^/]+?\}", "[^/]+", path))
        for path, operations in description.load()["paths"].items()
        for method in operations
        if method in ("get", "put", "post", "delete")
    }
    missing = sorted(
        name for name, one in described.items() if not any(one.fullmatch(call) for call in called)
    )
    listed = [line for line in UNTYPED.read_text().splitlines() if line and not line.startswith("#")]
    assert missing == sorted(listed)


def test_every_media_type_is_one(exchanges: dict[str, list[Response]]) -> None:
    sent = [answer.request.headers for answers in exchanges.values() for answer in answers]
    types = {str(head.get(name)) for head in sent for name in ("Accept", "Content-Type") if head.get(name)}
    single = r"[\w*]+/[\w.*+-]+(;[\w-]+=[\w-]+)?|multipart/form-data; boundary=\w+"
    assert [one for kind in types for one in kind.split(", ") if not re.fullmatch(single, one)] == []
