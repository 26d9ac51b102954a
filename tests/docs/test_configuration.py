"""docs/configuration.md: complete, and true."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pytest_django import Settings

from c8yadmin.core import tenants

PAGE = Path("docs/configuration.md").read_text()
READ = re.compile(r'\benv\.\w+\(\s*"([A-Z0-9_]+)"')
ROW = re.compile(r"^\| (`[A-Z0-9_]+`(?:, `[A-Z0-9_]+`)*) \|", re.MULTILINE)


def test_every_environment_variable_is_listed_and_none_that_nobody_reads() -> None:
    read = {name for path in Path("c8yadmin").rglob("*.py") for name in READ.findall(path.read_text())}
    listed = {name for row in ROW.findall(PAGE) for name in re.findall(r"\w+", row)}
    assert listed == read


def test_the_tenants_of_the_example_are_understood(settings: Settings) -> None:
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example
    settings.TENANTS = json.loads(example[1])
    plant, lab = tenants.configured()
    assert (plant.name, plant.access, lab.color) == ("Plant", "guarded", "green")


def test_every_key_of_a_tenant_and_every_value_it_may_have_is_told() -> None:
    keys = set(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE))
    assert keys == set(tenants.Tenant.__dataclass_fields__) - {"private"}
    for word in (*tenants.COLORS, *tenants.Access.__args__):
        assert f"`{word}`" in PAGE
