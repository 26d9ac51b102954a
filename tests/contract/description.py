"""The vendor's description of the API (OpenAPI), and the check of exchanges against it.

The description is read from the file that `C8Y_OPENAPI` names, else from `../shared/openapi/core.json`.
Any suite can check its exchanges: `problems = watch(session)`, and at the end `assert problems == []`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from requests import PreparedRequest, Response, Session

from tests.contract.patches import PATCHES, operations

DEFAULT_FILE = Path(__file__).parents[2] / "../shared/openapi/core.json"
SERVER = "http://tenant"

UNDESCRIBED = (
    # Used by the vendor's own web apps and by other clients, but on no page of the description.
    r"GET /inventory/managedObjects/count",
    r"GET /devicecontrol/newDeviceRequests/limit",
    r"POST /devicecontrol/newDeviceRequests/acceptAll",
    r"(PUT|DELETE) /user/[^/]+/users/[^/]+/(owner|delegatedby)",
    r"DELETE /user/[^/]+/users/[^/]+/totpSecret/revoke",
    # The web client names the Bayeux message in the path, too; agents hear of their operations separately.
    r"POST /notification/(realtime|operations)/(handshake|connect|disconnect)",
    r"POST /notification/operations",
    # The description has no page for what is no resource: wrong paths and methods on purpose.
    r"\w+ /nowhere.*",
    r"PATCH .*",
)


def file() -> Path:
    return Path(os.environ.get("C8Y_OPENAPI") or DEFAULT_FILE)


def require() -> None:
    """Skip the test, loudly, where there is no description; fail instead under `CI=true`."""
    if not file().is_file():
        words = f"NO CONTRACT TESTS: the OpenAPI description {file()} is missing; set C8Y_OPENAPI."
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)


@cache
def load() -> dict[str, Any]:
    """The description with `PATCHES` applied."""
    description: dict[str, Any] = json.loads(file().read_text())
    description["servers"] = [{"url": SERVER}]
    for holder in (description, *operations(description)):
        holder.pop("security", None)  # whether a call is let in, other tests ask
    for patch in PATCHES:
        patch(description)
    return description


# Checking ---------------------------------------------------------------------------------------------------


class _Request(RequestsOpenAPIRequest):
    """A request as the tenant understands it: whatever its address, and POST with X-HTTP-METHOD as that
    method.
    """

    @property
    def host_url(self) -> str:
        return SERVER

    @property
    def method(self) -> str:
        return str(self.request.headers.get("X-HTTP-METHOD", self.request.method)).lower()


@cache
def contract() -> OpenAPI:
    description = load()
    readers: dict[str, Callable[[bytes], Any]] = dict.fromkeys(_vendor_types(description), _read)
    config = Config(spec_validator_cls=None, extra_media_type_deserializers=readers)
    return OpenAPI.from_dict(description, config=config)


def _read(body: bytes, **_: str) -> Any:
    return json.loads(body)


def _vendor_types(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "content" and isinstance(value, dict):
                yield from (name for name in value if name.endswith("json"))
            yield from _vendor_types(value)
    elif isinstance(node, list):
        for value in node:
            yield from _vendor_types(value)


def is_known_as_undescribed(operation: str) -> bool:
    """Whether `operation`, as `GET /path`, is on the list of what no page describes."""
    return any(re.fullmatch(known, operation) for known in UNDESCRIBED)


def problems_of(answer: Response) -> list[str]:
    """Where a request that was accepted, or its answer, differs from the description."""
    asked = _Request(answer.request)
    accepted = [lambda: contract().validate_request(asked)] if answer.ok else []
    return [*problems_of_answer(answer), *_failing(answer, accepted)]


def problems_of_answer(answer: Response) -> list[str]:
    """Where an answer differs from the description, whatever it answers."""
    asked = _Request(answer.request)
    return _failing(answer, [lambda: contract().validate_response(asked, RequestsOpenAPIResponse(answer))])


def _failing(answer: Response, checks: list[Callable[[], None]]) -> list[str]:
    request: PreparedRequest = answer.request
    if is_known_as_undescribed(f"{_Request(request).method.upper()} {request.path_url.split('?')[0]}"):
        return []
    problems = []
    for check in checks:
        try:
            check()
        except OpenAPIError as error:
            reasons = getattr(error.__cause__, "schema_errors", None) or [error.__cause__ or ""]
            told = "; ".join(str(reason).split("\n")[0] for reason in reasons)
            problems.append(f"{request.method} {request.path_url} {answer.status_code}: {error} {told}")
    return problems


def watch(session: Session) -> list[str]:
    """Check every exchange of the session from now on; gives the list that the problems are added to."""
    problems: list[str] = []
    session.hooks["response"].append(lambda answer, **_: problems.extend(problems_of(answer)))
    return problems
