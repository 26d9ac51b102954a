"""Every address but the listed ones belongs to a tenant and asks for a sign-in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

OPEN = {"sign-in/", "metrics", "ui/", ""}


def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from addresses(entry, route)


def example(route: str) -> str:
    """The route with a value in the place of each parameter: `devices/<id>/` → `devices/1/`."""
    uuid = "0b0e7a3c-4a3e-4a64-9f5e-0d3a6f5b8c11"
    values = {"tenant": "acme", "uuid": uuid}

    def value(match: re.Match[str]) -> str:
        kind, _, name = match[1].rpartition(":")
        return values.get(name) or values.get(kind) or "1"

    return re.sub(r"<([^>]+)>", value, route)


ALL = sorted(set(addresses(get_resolver())))
OF_A_TENANT = [route for route in ALL if route.startswith("t/<str:tenant>/")]


def test_every_address_is_open_on_purpose_or_belongs_to_a_tenant() -> None:
    assert {route for route in ALL if route not in OF_A_TENANT and not route.startswith("ui/")} <= OPEN


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("route", OF_A_TENANT)
def test_a_stranger_is_sent_to_the_sign_in(route: str, method: str, client: Client) -> None:
    answer = getattr(client, method)("/" + example(route))
    assert answer.status_code in {302, 401}, answer.content[:200]
    assert answer.status_code == 401 or answer["Location"].startswith("/sign-in/")
