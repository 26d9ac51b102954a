"""Headers that keep pages to themselves."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/ui/", "/sign-in/", "/nowhere/", "/healthz"])
def test_every_answer_is_strict_and_never_stored(client: Client, address: str) -> None:
    answer = client.get(address)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


def test_a_page_and_its_fragment_are_never_taken_for_each_other(client: Client) -> None:
    varies = client.get("/ui/")["Vary"]
    assert {"Cookie", "HX-Request", "HX-Target"} <= {part.strip() for part in varies.split(",")}


def test_a_fragment_is_the_block_of_that_name(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Target": "devices"}
    fragment = client.get("/ui/?page=2", headers=headers).content.decode().strip()
    assert fragment.startswith('<section id="devices"')
    assert fragment.endswith("</section>")
    assert fragment in client.get("/ui/?page=2").content.decode() or "ago" in fragment


def test_a_page_that_the_browser_restores_is_whole(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Target": "devices", "HX-History-Restore-Request": "true"}
    assert b"<html" in client.get("/ui/", headers=headers).content


def test_health_says_ok_and_the_fewest_words(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.content.splitlines()[0] == b"ok"
    assert len(answer.content) < 100
    assert "Set-Cookie" not in answer


def test_the_theme_of_the_cookie_is_there_before_the_page_is_drawn(client: Client) -> None:
    assert b"data-bs-theme" not in client.get("/ui/").content.split(b">", 2)[1]
    client.cookies["theme"] = "dark"
    assert b'<html lang="en" data-root="/" data-bs-theme="dark">' in client.get("/ui/").content
    client.cookies["theme"] = 'dark" onload="alert(1)'
    assert b"onload" not in client.get("/ui/").content


def test_a_probe_is_answered_by_any_name_and_a_page_is_not(client: Client) -> None:
    assert client.get("/healthz", headers={"Host": "10.1.2.3:80"}).status_code == 200
    assert client.post("/healthz", headers={"Host": "10.1.2.3:80"}).status_code == 405
    assert client.get("/sign-in/", headers={"Host": "10.1.2.3:80"}).status_code == 400
