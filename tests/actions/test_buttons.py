"""The buttons above the lists."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

DEVICES = ["set", "merge", "rename", "group.add", "group.remove", "create", "remove", "delete"]


@pytest.mark.parametrize(
    ("page", "expected"), [("devices", DEVICES), ("users", ["enable", "disable", "role.add", "role.remove"])]
)
def test_the_most_used_come_first_and_the_dangerous_last(
    sign_in: Callable[..., Client], page: str, expected: list[str]
) -> None:
    markup = sign_in().get(f"/t/acme/{page}/").content.decode()
    assert re.findall(r'name="action" value="[a-z]+\.([a-z.]+)"', markup) == expected
