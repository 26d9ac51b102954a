"""A form that meets an ended sign-in is not lost."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from c8yadmin.accounts.models import SignIn
from sdk.sandbox import Sandbox

pytestmark = pytest.mark.django_db
SignInto = Callable[..., Client]
HTMX = {"HX-Request": "true", "HX-Target": "edit_form"}
EDIT = "/t/acme/devices/4711/edit/"
HOSTILE = '"><script>alert(1)</script>'


class Hidden(HTMLParser):
    """The hidden fields of the form with the given action."""

    def __init__(self, page: str, action: str) -> None:
        super().__init__()
        self.action, self.inside = action, False
        self.fields: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = values.get("action") == self.action
        if tag == "input" and self.inside and values.get("type") == "hidden":
            self.fields.append((values["name"], values.get("value", "")))


def fields(page: str, action: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in Hidden(page, action).fields:
        found.setdefault(name, []).append(value)
    return found


def end(tenant: str = "acme") -> None:
    SignIn.objects.get(tenant=tenant).end("You were signed out after 30 minutes without activity.")


def test_a_sent_form_is_kept_over_the_sign_in_and_can_be_sent_again(
    sandbox: Sandbox, sign_in: SignInto
) -> None:
    browser = sign_in()
    end()
    typed = {"name": HOSTILE, "group": ["1", "2"], "note": "line one\r\nline two", "password": "canary-p",
             "csrfmiddlewaretoken": "canary-t", "security_token": "canary-s"}  # fmt: skip
    asked = browser.post(f"{EDIT}?tab=json", typed)
    page = asked.content.decode()
    assert asked.status_code == 401
    assert "was kept" in page
    assert "without activity" in page
    assert HOSTILE not in page
    assert "canary" not in page
    hidden = fields(page, "/sign-in/")
    credentials = {"username": "admin", "password": sandbox.credentials["acme"]["admin"]["password"]}
    answer = browser.post("/sign-in/", {name: values[0] for name, values in hidden.items()} | credentials)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert HOSTILE not in page
    again = fields(page, f"{EDIT}?tab=json")
    assert again.pop("csrfmiddlewaretoken")
    assert again == {"name": [HOSTILE], "group": ["1", "2"], "note": ["line one\r\nline two"]}
    assert "Send it now" in page


def test_the_kept_form_survives_a_wrong_password_and_the_second_factor(
    sandbox: Sandbox, client: Client
) -> None:
    hidden = fields(client.post(EDIT, {"name": "pump"}).content.decode(), "/sign-in/")
    step = {name: values[0] for name, values in hidden.items()} | {"username": "tfa", "password": "wrong"}
    wrong = fields(client.post("/sign-in/", step).content.decode(), "/sign-in/")
    assert (wrong["kept"], wrong["next"], wrong["resend"]) == (["name=pump"], [EDIT], ["1"])
    step |= {"password": sandbox.credentials["acme"]["tfa"]["password"]}
    code = fields(client.post("/sign-in/", step).content.decode(), "/sign-in/")
    assert (code["kept"], code["next"], code["resend"]) == (["name=pump"], [EDIT], ["1"])


def test_a_button_without_fields_is_kept_too(sandbox: Sandbox, client: Client) -> None:
    hidden = fields(client.post("/t/acme/devices/").content.decode(), "/sign-in/")
    assert hidden["resend"] == ["1"]


def test_a_file_is_not_kept_but_its_form_is(client: Client) -> None:
    upload = {"file": SimpleUploadedFile("devices.csv", b"a;b"), "note": "first"}
    hidden = fields(client.post(EDIT, upload).content.decode(), "/sign-in/")
    assert hidden["kept"] == ["note=first"]


def test_a_form_is_only_sent_on_into_the_tenant_it_was_for(sandbox: Sandbox, client: Client) -> None:
    lure = {
        "resend": "1",
        "kept": "name=x",
        "next": "https://evil.example/",
        "tenant": "acme",
        "username": "admin",
    }
    answer = client.post("/sign-in/", lure | {"password": sandbox.credentials["acme"]["admin"]["password"]})
    assert "evil" not in answer.content.decode()


def test_an_address_too_long_to_come_back_to_is_shortened(client: Client) -> None:
    answer = client.get(f"/t/acme/devices/?name={'x' * 8000}")
    assert answer["Location"] == "/sign-in/?tenant=acme&next=%2Ft%2Facme%2Fdevices%2F"


def test_a_link_cannot_plant_a_form(client: Client) -> None:
    page = client.get("/sign-in/?tenant=acme&resend=1&kept=name%3Dplanted").content.decode()
    assert "planted" not in page
    assert "resend" not in page


def test_htmx_gets_a_dialog_over_the_page_that_stays(sandbox: Sandbox, sign_in: SignInto) -> None:
    browser = sign_in()
    end()
    asked = browser.post(EDIT, {"name": "pump"}, headers=HTMX)
    page = asked.content.decode()
    assert asked.status_code == 401
    assert (asked["HX-Retarget"], asked["HX-Reswap"], asked["HX-Push-Url"]) == (
        "#problem",
        "innerHTML",
        "false",
    )
    assert page.lstrip().startswith("<dialog")
    assert "without activity" in page
    assert 'value="admin"' in page


def test_the_dialog_says_what_is_wrong_and_closes_after_the_sign_in(
    sandbox: Sandbox, sign_in: SignInto
) -> None:
    browser = sign_in()
    end()
    token = browser.cookies["csrftoken"].value
    headers = {"HX-Request": "true", "HX-Target": "problem"}
    step = {"tenant": "acme", "username": "admin", "password": "wrong"}
    wrong = browser.post("/sign-in/", step, headers=headers)
    assert wrong.status_code == 401
    assert "Acme did not accept" in wrong.content.decode()
    step["password"] = sandbox.credentials["acme"]["admin"]["password"]
    done = browser.post("/sign-in/", step, headers=headers)
    assert done.status_code == 200
    assert "signed-in" in done["HX-Trigger-After-Swap"]
    assert "<dialog" not in done.content.decode()
    assert "Nothing on this page was lost" in done.content.decode()
    assert browser.cookies["csrftoken"].value == token  # so that the open form still can be sent
    assert browser.get("/t/acme/").status_code == 302
