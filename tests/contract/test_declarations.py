"""The routes that the sandbox declares, side by side with the pages of the vendor's description."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from sdk.sandbox.api import DOMAINS
from sdk.sandbox.call import Route, vendor
from tests.contract import description, patches

# Where the words of the description and the platform differ in the roles.
OTHER_ROLES = {
    # The page names no role: with one of these all is seen, without it what inventory roles allow.
    ("GET", "/audit/auditRecords"): {"ROLE_AUDIT_READ"},
    ("GET", "/inventory/managedObjects"): {"ROLE_INVENTORY_READ", "ROLE_MANAGED_OBJECT_READ"},
    ("GET", "/inventory/binaries"): {"ROLE_BINARY_READ", "ROLE_INVENTORY_READ"},
    # Who may list all groups may look at one of them.
    ("GET", "/user/{}/groups/{}"): {
        "ROLE_USER_MANAGEMENT_ADMIN", "ROLE_USER_MANAGEMENT_CREATE", "ROLE_USER_MANAGEMENT_READ",
    },
    # An application's own users and those who may manage it; the handler asks.
    ("GET", "/application/applications/{}"): set(),
    # The role opens the secured ones only; the handler asks.
    ("GET", "/tenant/system/options"): set(),
    ("GET", "/tenant/system/options/{}/{}"): set(),
    # Anybody may ask for himself; the handler asks for the roles otherwise.
    ("GET", "/user/{}/users/{}/tfa"): set(),
}  # fmt: skip
UNUSED_ROLE = "ROLE_SYSTEM"
"""For the platform's own services, of which the sandbox has none."""


@pytest.fixture(autouse=True)
def _described() -> None:
    description.require()


def _plain(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def _declared() -> Iterator[tuple[tuple[str, str], Route]]:
    for domain in DOMAINS:
        for route in domain.routes:
            yield (route.method, _plain(route.template)), route


def _described_operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), _plain(path)): operation
        for path, operations in description.load()["paths"].items()
        for method, operation in operations.items()
        if method in ("get", "put", "post", "delete")
    }


def _pairs() -> Iterator[tuple[tuple[str, str], Route, dict[str, Any]]]:
    described = _described_operations()
    for name, route in _declared():
        if name in described:
            yield name, route, described[name]


def test_every_route_is_described_or_known_not_to_be() -> None:
    described = _described_operations()
    unknown = [f"{method} {path}" for (method, path), _ in _declared() if (method, path) not in described]
    assert [
        name for name in unknown if not description.is_known_as_undescribed(name.replace("{}", "x"))
    ] == []


def test_every_described_operation_is_there() -> None:
    declared = {name for name, _ in _declared()}
    assert sorted(_described_operations().keys() - declared) == []


def test_the_roles_are_those_of_the_description() -> None:
    for name, route, operation in _pairs():
        roles = set(re.findall(r"ROLE_\w+", operation.get("description", ""))) - {UNUSED_ROLE}
        assert set(route.roles) == OTHER_ROLES.get(name, roles), name


def test_where_the_description_lets_the_owner_in_so_does_the_sandbox() -> None:
    for name, route, operation in _pairs():
        words = operation.get("description", "")
        if "owner of the" in words and "permission" in words:
            assert route.scope, name


def test_the_bodies_sent_have_the_types_of_the_description() -> None:
    for name, route, operation in _pairs():
        body = operation.get("requestBody", {})
        types = {media.lower() for media in body.get("content", {})}
        declared = {vendor(media).lower() for media in route.consumes}
        assert types <= declared | {"application/json"}, name


def test_the_answers_have_the_types_of_the_description() -> None:
    for name, route, operation in _pairs():
        answers = [
            patches.resolved(description.load(), answer)
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        ]
        types = {media.lower() for answer in answers for media in answer.get("content", {})}
        declared = {vendor(media).lower() for media in route.produces.split("|")} if route.produces else set()
        assert types == declared, name
