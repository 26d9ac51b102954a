"""Clients from the environment and from requests: notebooks and microservices."""

from __future__ import annotations

import getpass
import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sdk import (
    BasicAuth,
    CumulocityClient,
    MultiTenantCumulocityApp,
    SimpleCumulocityApp,
    SubscriptionListener,
    Unauthorized,
    get_client,
)
from sdk.sandbox import Sandbox
from tests.sdk.conftest import QUICK


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """An environment without a tenant, and a way to set its variables."""
    names = ["BASEURL", "TENANT", "USER", "PASSWORD", "TOKEN"]
    names += ["BOOTSTRAP_TENANT", "BOOTSTRAP_USER", "BOOTSTRAP_PASSWORD"]
    for name in names:
        monkeypatch.delenv(f"C8Y_{name}", raising=False)
    monkeypatch.delenv("APPLICATION_KEY", raising=False)
    return lambda **given: [monkeypatch.setenv(f"C8Y_{name}", text) for name, text in given.items()]


@pytest.fixture
def password(sandbox: Sandbox) -> str:
    return str(sandbox.credentials["acme"]["admin"]["password"])


@pytest.fixture
def app(
    sandbox: Sandbox, c8y: CumulocityClient, environment: Callable[..., None]
) -> Iterator[MultiTenantCumulocityApp]:
    """The microservice of acme which acme and globex have subscribed to."""
    weather = next(one for one in c8y.applications.get_all(limit=None) if one.name == "weather")
    user = c8y.applications.get_bootstrap_user(weather.id or "")
    environment(
        BASEURL="http://acme.sandbox",
        BOOTSTRAP_TENANT="acme",
        BOOTSTRAP_USER=user.username,
        BOOTSTRAP_PASSWORD=user.password,
    )
    with MultiTenantCumulocityApp(connector_factory=sandbox.adapter, retry=QUICK) as made:
        yield made


@pytest.fixture
def unsubscribe(sandbox: Sandbox) -> Callable[[str], None]:
    """Ends the subscription of a tenant to the microservice, as only the management tenant may."""
    known = sandbox.management
    auth = BasicAuth(f"{known['tenant']}/{known['user']}", known["password"])
    management = CumulocityClient("http://acme.sandbox", "", auth, connector_factory=sandbox.adapter)

    def end(tenant: str) -> None:
        weather = next(one for one in management.applications.get_all(limit=None) if one.name == "weather")
        management.applications.unsubscribe(weather, tenant)

    return end


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": BasicAuth(user, password).build_auth_header()}


def test_a_client_comes_from_the_environment(
    sandbox: Sandbox, environment: Callable[..., None], password: str
) -> None:
    environment(BASEURL="http://acme.sandbox", TENANT="acme", USER="admin", PASSWORD=password)
    with get_client(interactive=False, connector_factory=sandbox.adapter) as c8y:
        assert (c8y.base_url, c8y.tenant_id, c8y.username) == ("http://acme.sandbox", "acme", "admin")
        assert c8y.users.get_current().username == "admin"
    environment(TOKEN="abc")
    with get_client(interactive=False, connector_factory=sandbox.adapter) as c8y:
        assert c8y.auth is not None
        assert c8y.auth.build_auth_header() == "Bearer abc"
    with get_client("acme.example.com", username="me", password="x", interactive=False) as c8y:
        assert (c8y.base_url, c8y.username) == ("https://acme.example.com", "me")


def test_what_is_missing_is_asked_for(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("http://acme.sandbox\nadmin\n"))
    monkeypatch.setattr(getpass, "getpass", lambda prompt: password)
    with get_client(connector_factory=sandbox.adapter) as c8y:
        assert c8y.username == "admin"
    monkeypatch.setattr(getpass, "getpass", lambda prompt: "wrong")
    with pytest.raises(Unauthorized):
        get_client("http://acme.sandbox", username="admin", connector_factory=sandbox.adapter, retry=QUICK)


def test_a_second_factor_is_asked_for(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    known = sandbox.credentials["acme"]["tfa"]
    said: list[str] = []

    def answer(prompt: str) -> str:
        said.append(prompt)
        return str(known["password"]) if prompt == "Password: " else "000000"

    monkeypatch.setattr(getpass, "getpass", answer)
    with pytest.raises(Unauthorized):
        get_client("http://acme.sandbox", "acme", "tfa", connector_factory=sandbox.adapter, retry=QUICK)
    assert said == ["Password: ", "Code of the second factor: "]


def test_a_server_is_never_asked(environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="C8Y_BASEURL"):
        get_client(interactive=False)
    environment(BASEURL="http://acme.sandbox", USER="admin")
    with pytest.raises(ValueError, match="C8Y_PASSWORD"):
        get_client(interactive=False)
    monkeypatch.delenv("C8Y_USER")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(ValueError, match="C8Y_USER"):
        get_client()


def test_a_single_tenant_app_is_a_client_and_serves_users(
    sandbox: Sandbox, environment: Callable[..., None], password: str
) -> None:
    environment(BASEURL="http://acme.sandbox", TENANT="acme", USER="admin", PASSWORD=password)
    with SimpleCumulocityApp("key", connector_factory=sandbox.adapter, cache_size=1, retry=QUICK) as app:
        assert app.device_inventory.get_count() > 0
        reader = basic("reader", sandbox.credentials["acme"]["reader"]["password"])
        user = app.get_user_instance(reader)
        assert (user.username, user.tenant_id, user.application_key) == ("reader", "acme", "key")
        assert user.users.get_current().username == "reader"
        assert app.get_user_instance(reader) is user
        app.get_user_instance(basic("admin", password))
        assert app.get_user_instance(reader) is not user
        again = app.get_user_instance(reader)
        app.clear_user_cache("reader")
        assert app.get_user_instance(reader) is not again


@pytest.mark.parametrize("missing", ["BASEURL", "TENANT", "USER", "PASSWORD"])
def test_an_app_says_what_its_environment_lacks(environment: Callable[..., None], missing: str) -> None:
    given = {"BASEURL": "http://acme.sandbox", "TENANT": "acme", "USER": "u", "PASSWORD": "hidden"}
    del given[missing]
    environment(**given)
    with pytest.raises(ValueError, match=f"C8Y_{missing}") as caught:
        SimpleCumulocityApp()
    assert "hidden" not in str(caught.value)


def test_an_app_acts_in_each_subscribed_tenant(app: MultiTenantCumulocityApp) -> None:
    assert app.get_subscribers() == ["acme", "globex"]
    globex = app.get_tenant_instance("globex")
    assert globex.inventory.get_count() > 0
    assert globex.username == "service_weather"
    assert app.get_tenant_instance("globex") is globex
    app.clear_tenant_cache("globex")
    assert app.get_tenant_instance("globex") is not globex
    with pytest.raises(LookupError, match="nobody"):
        app.get_tenant_instance("nobody")


def test_a_request_tells_its_tenant(app: MultiTenantCumulocityApp, sandbox: Sandbox) -> None:
    secret = sandbox.credentials["globex"]["admin"]["password"]
    headers = basic("globex/admin", secret)
    assert app.get_user_instance(headers).users.get_current().username == "admin"
    assert app.get_tenant_instance(headers=headers).tenant_id == "globex"
    auth, xsrf = CumulocityClient.authenticate(
        "http://globex.sandbox", "globex", "admin", secret, connector_factory=sandbox.adapter
    )
    cookies = {"authorization": auth.token, "XSRF-TOKEN": xsrf or ""}
    assert app.get_tenant_instance(cookies=cookies).tenant_id == "globex"
    line = {"Cookie": f"authorization={auth.token}; XSRF-TOKEN={xsrf}"}
    assert app.get_tenant_instance(headers=line).tenant_id == "globex"


def test_a_forged_request_opens_no_tenant(app: MultiTenantCumulocityApp) -> None:
    forged = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsInRlbiI6Imdsb2JleCJ9."
    wrong: list[dict[str, str]] = [
        {},
        {"Authorization": "Digest x"},
        {"Authorization": f"Bearer {forged}"},
        {"Cookie": f"authorization={forged}"},
        basic("globex/admin", "wrong"),
    ]
    for headers in wrong:
        with pytest.raises(Unauthorized):
            app.get_tenant_instance(headers=headers)


def test_clients_of_a_tenant_that_left_are_forgotten(
    app: MultiTenantCumulocityApp, unsubscribe: Callable[[str], None]
) -> None:
    app.get_tenant_instance("globex")
    before = app.get_tenant_instance("acme")
    unsubscribe("globex")
    assert app.get_subscribers() == ["acme"]
    assert app.get_tenant_instance("acme") is before
    with pytest.raises(LookupError):
        app.get_tenant_instance("globex")


def test_secrets_of_an_app_show_nowhere(app: MultiTenantCumulocityApp) -> None:
    acme = app.get_tenant_instance("acme")
    shown = f"{app!r} {vars(app)!r} {acme!r} {acme.auth!r}"
    for auth in (acme.auth, app.bootstrap_instance.auth):
        assert auth is not None
        assert auth.build_auth_header().split()[1] not in shown


def test_a_listener_tells_who_comes_and_goes(
    app: MultiTenantCumulocityApp, unsubscribe: Callable[[str], None]
) -> None:
    seen: list[Any] = []
    listener = app.create_subscription_listener(seen.append, polling_interval=0.01, startup_delay=0)
    listener.on_add(lambda tenant: seen.append(f"+{tenant}"))
    listener.on_remove(lambda tenant: seen.append(f"-{tenant}"))
    assert listener.poll() == {"acme", "globex"}
    listener.poll()
    assert seen == ["+acme", "+globex", {"acme", "globex"}]
    gone = threading.Event()
    listener.add_callback(on_remove=lambda tenant: gone.set())
    with listener:
        unsubscribe("globex")
        assert gone.wait(5)
    assert seen[3] == "-globex"
    assert seen[4] == {"acme"}


def test_a_new_subscription_counts_after_its_delay() -> None:
    listener = SubscriptionListener(lambda: ["t1"], startup_delay=0.05)
    assert listener.poll() == set()
    threading.Event().wait(0.06)
    assert listener.poll() == {"t1"}


def test_a_callback_that_fails_and_a_tenant_that_is_away_end_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers: list[Any] = [Unauthorized("who are you?", status=401), ["t1"]]
    called = threading.Event()

    def subscribers() -> list[str]:
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, Exception):
            raise found
        return list(found)

    listener = SubscriptionListener(subscribers, lambda _: 1 / 0, polling_interval=0.01, startup_delay=0)
    listener.on_change(lambda _: called.set())
    with listener:
        assert called.wait(5)
        with pytest.raises(RuntimeError):
            listener.start()
    assert "who are you?" in caplog.text
    assert "ZeroDivisionError" in caplog.text
