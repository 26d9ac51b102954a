"""A redirect leads to another page, whoever follows it."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client


def test_htmx_is_told_to_load_the_page_that_a_view_redirects_to(sign_in: Callable[..., Client]) -> None:
    answer = sign_in().get("/t/acme/", headers={"HX-Request": "true", "HX-Target": "content"})
    assert answer.status_code == 200
    assert answer["HX-Redirect"] == "/t/acme/devices/"
    assert "Location" not in answer


def test_a_browser_is_redirected_as_ever(sign_in: Callable[..., Client]) -> None:
    answer = sign_in().get("/t/acme/")
    assert (answer.status_code, answer["Location"]) == (302, "/t/acme/devices/")
