"""Tenants that are not listed: any host name that matches a permitted pattern."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from c8yadmin.accounts.models import SignIn
from sdk.sandbox import Sandbox

pytestmark = pytest.mark.django_db
HOST = "acme.cumulocity.test"


@pytest.fixture(autouse=True)
def patterns(settings: Settings) -> None:
    settings.TENANT_HOSTS = ["*.cumulocity.test"]


def sign_in(sandbox: Sandbox, client: Client, address: str) -> int:
    password = sandbox.credentials["acme"]["admin"]["password"]
    form = {"tenant": "", "address": address, "username": "admin", "password": password}
    return client.post("/sign-in/", form).status_code


@pytest.mark.parametrize(
    "address",
    [
        HOST,
        f" {HOST} ",
        "ACME.Cumulocity.Test",
        f"{HOST}.",
        f"{HOST}:443",
        f"https://{HOST}",
        f"https://{HOST}/apps/cockpit/index.html#/device/1?x=y",
        "ａｃｍｅ.cumulocity.test",
    ],
)
def test_an_address_may_be_typed_or_pasted(sandbox: Sandbox, client: Client, address: str) -> None:
    assert sign_in(sandbox, client, address) == 302
    row = SignIn.objects.get()
    assert (row.tenant, row.tenant_id) == (HOST, "acme")
    assert client.get(f"/t/{HOST}/")["Location"] == f"/t/{HOST}/devices/"


@pytest.mark.parametrize(
    "address",
    [
        "acme.example.com",
        "cumulocity.test",
        f"http://{HOST}",
        f"ftp://{HOST}",
        f"file://{HOST}/etc/passwd",
        f"gopher://{HOST}",
        f"http+unix://{HOST}",
        f"{HOST}:22",
        f"{HOST}:6379",
        f"https://{HOST}:8443/",
        f"https://admin:secret@{HOST}",
        f"https://{HOST}@evil.example",
        f"evil.example/{HOST}",
        f"evil.example#.{HOST}",
        f"evil.example?.{HOST}",
        f"evil.example\\.{HOST}",
        f"evil.example%2f.{HOST}",
        f"127.0.0.1:80 .{HOST}",
        f"a..{HOST}",
        f"-a.{HOST}",
        "x" * 8000,
        "https://[::1",
        "①②⑦.⓪.⓪.①",
    ],
)
def test_any_other_address_is_refused(sandbox: Sandbox, client: Client, address: str) -> None:
    assert sign_in(sandbox, client, address) == 422
    assert not SignIn.objects.exists()


def test_the_refusal_names_what_is_permitted_and_keeps_what_was_typed(client: Client) -> None:
    form = {"tenant": "", "address": "acme.example.com", "username": "admin", "password": "x"}
    page = client.post("/sign-in/", form).content.decode()
    assert "no tenant “acme.example.com”. Its host must match *.cumulocity.test." in page
    assert 'value="acme.example.com"' in page


@pytest.mark.parametrize(
    "slug", ["evil.example", "a%23.cumulocity.test", "a%40b.cumulocity.test", "A.cumulocity.test"]
)
def test_an_address_in_the_url_has_to_match_as_well(client: Client, slug: str) -> None:
    assert client.get(f"/t/{slug}/devices/").status_code == 404


def test_listed_tenants_and_free_addresses_stand_side_by_side(client: Client) -> None:
    page = client.get("/sign-in/").content.decode()
    assert "Another address" in page
    assert 'name="address"' in page
    assert "Permitted: *.cumulocity.test" in page
