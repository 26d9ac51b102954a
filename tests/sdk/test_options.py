"""Options of the tenant and of the platform."""

from __future__ import annotations

import pytest

from sdk import CumulocityClient, NotFound, TenantOption
from tests.sdk.server import Server, answer


def test_an_option_is_created_changed_and_deleted(c8y: CumulocityClient) -> None:
    option = TenantOption(c8y, category="my.app", key="color", value="red").create()
    assert (option.category, option.key, option.value, option.encrypted) == ("my.app", "color", "red", False)
    option.value = "blue"
    option.update()
    assert c8y.tenant_options.get_value("my.app", "color") == "blue"
    c8y.tenant_options.set_value("my.app", "color", "green")
    assert option.reload().value == "green"
    assert c8y.tenant_options.get("my.app", "color").value == "green"
    option.delete()
    with pytest.raises(NotFound):
        c8y.tenant_options.get("my.app", "color")
    with pytest.raises(NotFound):
        c8y.tenant_options.set_value("my.app", "color", "red")


def test_an_encrypted_option_is_stored_under_its_real_key_and_never_overwritten_by_its_mask(
    c8y: CumulocityClient, calls: list[str]
) -> None:
    option = TenantOption(c8y, category="my.app", key="password", value="s3cret", encrypted=True)
    assert option.key == "credentials.password"
    assert TenantOption(category="a", key="credentials.x").encrypted
    made = option.create()
    assert made.hidden
    assert made.value == "<<Encrypted>>"
    sent = len(calls)
    with pytest.raises(ValueError, match="destroy"):
        c8y.tenant_options.set_value("my.app", "credentials.password", str(made.value))
    with pytest.raises(ValueError, match="destroy"):
        c8y.tenant_options.update_values("my.app", {"credentials.password": "<<Encrypted>>"})
    with pytest.raises(ValueError, match="destroy"):
        TenantOption(c8y, category="a", key="b", value="<<Encrypted>>").create()
    with pytest.raises(ValueError, match="always encrypted"):
        TenantOption(category="a", key="credentials.b", encrypted=False)
    assert len(calls) == sent
    made.value = "other"
    made.update()
    c8y.tenant_options.delete(made)
    assert calls[-1] == "DELETE /tenant/options/my.app/credentials.password"
    assert "s3cret" not in repr(option)


def test_options_are_read_by_category_and_all_at_once(c8y: CumulocityClient) -> None:
    c8y.tenant_options.create(
        TenantOption(category="one", key="a", value="1"),
        TenantOption(category="one", key="b", value="2"),
        TenantOption(category="two", key="a", value="3"),
        workers=2,
    )
    assert c8y.tenant_options.get_values("one") == {"a": "1", "b": "2"}
    assert c8y.tenant_options.update_values("one", {"b": "4", "c": "5"}) == {"a": "1", "b": "4", "c": "5"}
    known = c8y.tenant_options.as_map()
    assert (known["one"], known["two"]) == ({"a": "1", "b": "4", "c": "5"}, {"a": "3"})
    assert c8y.tenant_options.get_count() == len(c8y.tenant_options.get_all(limit=None))
    assert ("one", "a", "1") in c8y.tenant_options.get_all(limit=None, as_values=["category", "key", "value"])
    c8y.tenant_options.delete("one/a", "one/b", category="two", key="a")
    assert c8y.tenant_options.get_values("one") == {"c": "5"}


def test_names_and_values_the_platform_does_not_accept_are_not_sent(
    c8y: CumulocityClient, calls: list[str]
) -> None:
    options = c8y.tenant_options
    for wrong in ("", "my app", "a/b", "a?b", "ä&b"):
        with pytest.raises(ValueError, match="category"):
            TenantOption(category=wrong)
        with pytest.raises(ValueError, match="category"):
            options.get(wrong, "x")
    for call in (
        lambda: options.create(TenantOption(key="a", value="b")),
        lambda: options.create(TenantOption(category="a", key="b")),
        lambda: options.update_values("a", {}),
        lambda: options.update_values("a", {"b": 1}),
        lambda: options.set_value("a", "b", 1),
        lambda: options.delete(category="a"),
        lambda: options.get("a"),
    ):
        with pytest.raises(ValueError, match=r"addressed|text|nothing"):
            call()
    assert calls == []


def test_a_key_may_hold_anything(c8y: CumulocityClient, calls: list[str]) -> None:
    option = TenantOption(c8y, category="a", key="x/y?z", value="1").create()
    assert option.reload().value == "1"
    assert calls[-1] == "GET /tenant/options/a/x%2Fy%3Fz"


def test_the_management_tenant_decides_who_may_change_an_option() -> None:
    with Server(answer()) as server, CumulocityClient(server.url, "management", None) as c8y:
        c8y.tenant_options.set_editable("a", "b", False, target_tenant="t1")
    assert server.requests[0].startswith(b"PUT /tenant/options/a/b/editable?targetTenant=t1 ")
    assert server.requests[0].endswith(b'{"editable":false}')


def test_settings_of_the_platform(c8y: CumulocityClient) -> None:
    version = c8y.system_options.get_value("system", "version")
    assert version
    known = {(one.category, one.key): one.value for one in c8y.system_options.get_all()}
    assert known["system", "version"] == version
    with pytest.raises(NotFound):
        c8y.system_options.get("no", "such")
