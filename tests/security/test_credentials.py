"""Passwords and tokens stay where they belong: sealed, in one place, out of everybody's sight."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core import serializers
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from c8yadmin.accounts.credentials import Credential, CredentialLost, Secret, seal, unseal
from c8yadmin.accounts.models import SignIn
from sdk.sandbox import Sandbox
from sdk.sandbox.tokens import totp

CREDENTIAL = Credential("basic", "t1", "admin", Secret("canary"), datetime(2030, 1, 1, tzinfo=UTC))


def test_what_was_sealed_is_unsealed_in_its_place() -> None:
    assert unseal(seal(CREDENTIAL, "job", "7"), "job", "7") == CREDENTIAL


@pytest.mark.parametrize("place", [("job", "8"), ("sign-in", "7"), ("job",), (), ("job", "7", "")])
def test_a_ciphertext_copied_to_another_place_is_refused(place: tuple[str, ...]) -> None:
    sealed = seal(CREDENTIAL, "job", "7")
    with pytest.raises(CredentialLost):
        unseal(sealed, *place)


def test_no_key_no_credential(settings: Settings) -> None:
    sealed = seal(CREDENTIAL, "job", "7")
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CredentialLost):
        unseal(sealed, "job", "7")


@pytest.mark.parametrize("sealed", ["", "x", "gAAAAA", "\x00", "é"])
def test_what_never_was_sealed_is_refused(sealed: str) -> None:
    with pytest.raises(CredentialLost):
        unseal(sealed, "job", "7")


@pytest.mark.django_db
def test_keys_are_rotated_without_a_loss(sign_in: Callable[..., Client], settings: Settings) -> None:
    old, new = settings.ENCRYPTION_KEYS, Fernet.generate_key().decode()
    browser, said = sign_in(), StringIO()
    settings.ENCRYPTION_KEYS = [new, *old]
    with pytest.raises(SystemExit):
        call_command("rotate_keys", "--check", stdout=StringIO())
    call_command("rotate_keys", stdout=said)
    call_command("rotate_keys", "--check", stdout=said)
    assert said.getvalue() == "1 re-encrypted, 0 that no key opens.\n0 need another key than the first.\n"
    settings.ENCRYPTION_KEYS = [new]
    assert browser.get("/t/acme/")["Location"] == "/t/acme/devices/"


@pytest.mark.django_db
def test_a_credential_without_its_key_is_counted_and_left_alone(
    sign_in: Callable[..., Client], settings: Settings
) -> None:
    sign_in()
    sealed, said = SignIn.objects.get().sealed, StringIO()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    call_command("rotate_keys", stdout=said)
    assert said.getvalue() == "0 re-encrypted, 1 that no key opens.\n"
    assert SignIn.objects.get().sealed == sealed


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = CREDENTIAL.secret
    assert "canary" not in f"{secret} {secret!r} {CREDENTIAL!r} {[secret]}"
    assert not hasattr(secret, "__dict__")
    for leak in (pickle.dumps, json.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            leak(secret)


@pytest.mark.django_db
def test_a_sealed_sign_in_is_of_no_use_in_another_row(sign_in: Callable[..., Client]) -> None:
    admin, reader = sign_in("admin"), sign_in("reader")
    stolen = SignIn.objects.get(username="admin").sealed
    SignIn.objects.filter(username="reader").update(sealed=stolen)
    assert reader.get("/t/acme/")["Location"].startswith("/sign-in/")
    assert admin.get("/t/acme/")["Location"] == "/t/acme/devices/"


def stored() -> str:
    """All that the database holds, readable parts of sessions included."""
    rows = [row for model in apps.get_models() for row in model._default_manager.all()]
    sessions = [row.get_decoded() for row in apps.get_model("sessions", "Session").objects.all()]
    return serializers.serialize("json", rows) + json.dumps(sessions)


@pytest.mark.django_db
@pytest.mark.parametrize("offered", ["OAUTH2_INTERNAL", "BASIC"])
def test_a_password_is_found_nowhere(
    sandbox: Sandbox,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    offered: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    body = f'{{"loginOptions":[{{"type":"{offered}"}}]}}'.encode()
    sandbox.faults.add("/tenant/loginOptions", status=200, body=body)
    sandbox.tenant("acme").passwords["admin"] = "pw-canary-1"
    form = {"tenant": "acme", "username": "admin", "password": "pw-canary-2"}
    pages = [client.post("/sign-in/", form)]
    seen = stored()
    pages.append(client.post("/sign-in/", form | {"password": "pw-canary-1"}))
    token = SignIn.objects.get().credential().secret.reveal()
    pages += [client.get("/t/acme/"), client.get("/sign-in/?tenant=acme"), client.get("/")]
    seen += stored()
    pages.append(client.post("/t/acme/sign-out/"))
    seen += "".join(page.content.decode() + str(page.headers) + str(page.cookies) for page in pages)
    seen += caplog.text + "".join(capfd.readouterr())
    assert "pw-canary" not in seen
    assert token not in seen


@pytest.mark.django_db
def test_a_waiting_password_and_its_code_are_found_nowhere(
    sandbox: Sandbox, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox.tenant("acme").passwords["tfa"] = "pw-canary-3"
    form = {"tenant": "acme", "username": "tfa"}
    page = client.post("/sign-in/", form | {"password": "pw-canary-3"})
    seen = page.content.decode() + stored()
    code = totp(sandbox.credentials["acme"]["tfa"]["totp_secret"])
    client.post("/sign-in/", form | {"tfa_code": code})
    seen += stored() + caplog.text
    assert "pw-canary" not in seen
    assert f"'{code}'" not in seen


def explode(_: Any) -> Any:
    raise RuntimeError("A fault of the console itself.")


@pytest.mark.django_db
def test_a_failure_of_the_console_shows_no_password(
    client: Client, settings: Settings, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.TENANT_CONNECTOR = "tests.security.test_credentials.explode"
    client.raise_request_exception = False
    answer = client.post("/sign-in/", {"tenant": "acme", "username": "admin", "password": "pw-canary-4"})
    assert answer.status_code == 500
    assert "pw-canary" not in answer.content.decode() + caplog.text + "".join(capfd.readouterr())


@pytest.mark.django_db
def test_a_password_that_the_tenant_echoes_is_not_shown(sandbox: Sandbox, client: Client) -> None:
    sandbox.faults.add("/tenant/oauth", status=401, message="No user admin with <b>pw-canary-5</b>")
    answer = client.post("/sign-in/", {"tenant": "acme", "username": "admin", "password": "pw-canary-5"})
    page = answer.content.decode()
    assert "pw-canary" not in page
    assert "No user admin with &lt;b&gt;•••&lt;/b&gt;" in page
