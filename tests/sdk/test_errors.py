"""Refusals say what happened in the tenant's words, and never more than they may."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable

import pytest

import sdk
from sdk import BasicAuth, CumulocityClient, SessionAuth
from sdk.sandbox import Sandbox
from tests.sdk.server import Server, answer

ERROR = b'{"error":"inventory/Invalid Data","message":"Name too long","info":"https://x","details":{"a":1}}'


def refused(status: str, body: bytes = ERROR, *headers: str) -> sdk.C8yError:
    """The error of a GET that is answered like this."""
    with (
        Server(answer(body, status, *headers)) as server,
        CumulocityClient(server.url, "t1", BasicAuth("admin", "geheim"), retry=sdk.RetryPolicy.none()) as c8y,
    ):
        with pytest.raises(sdk.C8yError) as caught:
            c8y.get("/inventory/x", params={"token": "geheim"})
        return caught.value


@pytest.mark.parametrize(
    ("status", "kind", "builtin"),
    [
        ("400 Bad Request", sdk.Invalid, ValueError),
        ("401 Unauthorized", sdk.Unauthorized, ValueError),
        ("403 Forbidden", sdk.Forbidden, ValueError),
        ("404 Not Found", sdk.NotFound, KeyError),
        ("406 Not Acceptable", sdk.Invalid, ValueError),
        ("409 Conflict", sdk.Conflict, ValueError),
        ("413 Too Large", sdk.Invalid, ValueError),
        ("422 Unprocessable", sdk.Invalid, ValueError),
        ("429 Too Many", sdk.RateLimited, ValueError),
        ("500 Oops", sdk.ServerError, ValueError),
        ("503 Unavailable", sdk.ServerError, ValueError),
        ("599 Strange", sdk.ServerError, ValueError),
    ],
)
def test_each_status_has_its_error(status: str, kind: type[sdk.Refused], builtin: type[Exception]) -> None:
    error = refused(status, ERROR, "X-Request-Id: r-1")
    assert isinstance(error, sdk.Refused)
    assert type(error) is kind
    assert isinstance(error, builtin)
    assert error.status == int(status[:3])
    assert error.error == "inventory/Invalid Data"
    assert (error.message, error.info, error.details) == ("Name too long", "https://x", {"a": 1})
    assert (error.method, error.path, error.request_id) == ("GET", "/inventory/x", "r-1")
    assert str(error).startswith("Name too long (")
    assert "geheim" not in f"{error!r} {error} {vars(error)}"


def test_an_error_shows_no_more_than_it_knows() -> None:
    assert str(sdk.Unauthorized("No token.", status=401)) == "No token. (401)"
    assert str(sdk.Conflict("Taken.", method="POST", path="/x")) == "Taken. (POST /x)"
    assert str(sdk.Invalid("Wrong.")) == "Wrong."


def test_a_missing_object_is_no_value_error() -> None:
    assert not isinstance(refused("404 Not Found"), ValueError)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"", "text/html", "Unauthorized"),
        (b"<html><h1>401</h1></html>", "text/html", "Unauthorized"),
        (b"no such user", "text/plain", "no such user"),
        (b"[1, 2]", "application/json", "Unauthorized"),
        (b'{"message": 5}', "application/json", "Unauthorized"),
        (b'{"message": "bro', "application/json", "Unauthorized"),
        (b"\xff\xfe\x00", "application/json", "Unauthorized"),
        (b"null", "application/json", "Unauthorized"),
    ],
)
def test_no_body_is_too_strange_for_an_error(body: bytes, kind: str, words: str) -> None:
    error = refused("401 Unauthorized", body, f"Content-Type: {kind}")
    assert isinstance(error, sdk.Unauthorized)
    assert error.message == words


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b'{"a": ', b"\xff", b"nonsense"])
def test_a_success_that_is_no_json_is_a_bad_answer(body: bytes) -> None:
    error = refused("200 OK", body, "Content-Type: text/html; charset=utf-8")
    assert type(error) is sdk.BadAnswer
    assert "text/html" in str(error)


@pytest.mark.parametrize("words", ["TFA TOTP code required", "two-factor code needed", "2FA missing"])
def test_a_wanted_second_factor_is_told_from_a_wrong_password(words: str) -> None:
    body = b'{"error":"security/Unauthorized","message":"%s"}' % words.encode()
    assert type(refused("401 Unauthorized", body)) is sdk.MissingTfa


@pytest.mark.parametrize("status", ["404 Not Found", "429 Too Many", "500 Oops"])
def test_errors_survive_pickling(status: str) -> None:
    error = refused(status)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
    both = pickle.loads(pickle.dumps(sdk.BulkError([1], [(2, error)], [3])))  # noqa: S301
    assert (both.done, both.not_started) == ([1], [3])


def test_every_error_is_one_of_ours() -> None:
    kinds = [getattr(sdk, name) for name in sdk.__all__ if isinstance(getattr(sdk, name), type)]
    errors = [kind for kind in kinds if issubclass(kind, Exception)]
    assert len(errors) == 14
    assert all(issubclass(kind, sdk.C8yError) for kind in errors)


def test_secrets_show_nowhere(
    sandbox: Sandbox, connect: Callable[..., CumulocityClient], caplog: pytest.LogCaptureFixture
) -> None:
    password = sandbox.credentials["acme"]["admin"]["password"]
    with caplog.at_level(logging.DEBUG):
        auth, xsrf = CumulocityClient.authenticate(
            "http://acme.sandbox", "acme", "admin", password, connector_factory=sandbox.adapter
        )
        c8y = connect(auth=auth)
        user = sdk.User(c8y, username="x", email="x@y.z", password="Canary-99!")
        user.create()
        with pytest.raises(ValueError, match=r"current|password|invalid") as caught:
            c8y.users.set_current_password("Canary-99!", "Canary-98!")
        basic = connect("admin")
    secrets = [password, auth.token, str(xsrf), "Canary-9"]
    shown = f"{caplog.text} {caught.value!r} {auth!r} {c8y!r} {user!r} {basic.auth!r} {basic!r}"
    assert not [secret for secret in secrets if secret in shown]
    assert "/user/acme/users" in caplog.text


def test_bearer_and_session_show_no_token() -> None:
    assert "secret" not in repr(sdk.BearerAuth("secret-token"))
    assert "secret" not in repr(SessionAuth("secret-token", "secret-xsrf"))


@pytest.mark.parametrize(
    "write",
    [
        lambda inventory: inventory.create(sdk.ManagedObject(name="a")),
        lambda inventory: inventory.update({"name": "b"}, "1"),
    ],
    ids=["create", "update"],
)
def test_a_page_is_no_answer_to_a_write(write: Callable[[object], object]) -> None:
    page = answer(b"<html>Sign in</html>", "200 OK", "Content-Type: text/html")
    with Server(page) as server:
        client = CumulocityClient(server.url, "t1", BasicAuth("u", "p"))
        with pytest.raises(sdk.C8yError, match="text/html"):
            write(client.inventory)
