"""The buttons above the lists."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

DEVICES = ["set", "create", "group.add", "rename", "merge", "group.remove", "remove", "delete"]


@pytest.mark.parametrize(
    ("page", "expected"), [("devices", DEVICES), ("users", ["enable", "disable", "role.add", "role.remove"])]
)
def test_the_most_used_come_first_and_the_dangerous_last(
    sign_in: Callable[..., Client], page: str, expected: list[str]
) -> None:
    markup = sign_in().get(f"/t/acme/{page}/").content.decode()
    assert re.findall(r'name="action" value="[a-z]+\.([a-z.]+)"', markup) == expected


def test_of_many_actions_only_four_stand_beside_each_other_and_the_rest_is_in_a_menu(
    sign_in: Callable[..., Client],
) -> None:
    browser = sign_in()
    devices, _, menu = browser.get("/t/acme/devices/").content.decode().partition("More actions")
    assert devices.count('name="action"') == 4
    assert menu.count('name="action"') == len(DEVICES) - 4
    assert "More actions" not in browser.get("/t/acme/users/").content.decode()
