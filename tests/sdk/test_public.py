"""The public surface: names, signatures, types."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sdk
from sdk import CumulocityClient
from sdk.model.entity import Entity

ROOT = Path(__file__).parents[2]
COLLECTIONS = [
    "inventory",
    "device_inventory",
    "group_inventory",
    "alarms",
    "operations",
    "bulk_operations",
    "users",
    "user_groups",
    "roles",
    "inventory_roles",
    "device_requests",
]


def test_the_public_names_are_exactly_those_that_are_listed() -> None:
    given = {name for name, value in vars(sdk).items() if not name.startswith("_") and not is_folder(value)}
    assert given == set(sdk.__all__)
    assert all(getattr(sdk, name).__doc__ for name in sdk.__all__)


def is_folder(value: Any) -> bool:
    """Modules are no names of the package, except the query language."""
    return inspect.ismodule(value) and value is not sdk.query_language


def test_everything_public_says_what_it_does() -> None:
    silent = []
    for name in sdk.__all__:
        kind = getattr(sdk, name)
        if not inspect.isclass(kind) or not kind.__module__.startswith("sdk."):
            continue
        for member, value in vars(kind).items():
            public = not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
            if public and not inspect.getdoc(getattr(kind, member)):
                silent.append(f"{name}.{member}")
    assert silent == []


@pytest.mark.parametrize("name", COLLECTIONS)
def test_each_collection_states_its_filters_once_for_all_its_verbs(name: str) -> None:
    with CumulocityClient("http://tenant", "t1", None) as c8y:
        collection = getattr(c8y, name)
    where = set(inspect.signature(collection.where).parameters)
    paging = {"limit", "page_size", "page_number", "as_values", "workers", "include", "exclude"}
    assert set(inspect.signature(collection.get_count).parameters) == where
    assert set(inspect.signature(collection.get_all).parameters) == where | paging
    assert set(inspect.signature(collection.select).parameters) == where | paging
    assert "expression" in where


@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_misspelt_filter_is_refused_by_every_verb(name: str) -> None:
    with CumulocityClient("http://127.0.0.1:1", "t1", None) as c8y:
        collection = getattr(c8y, name)
        for verb in ("where", "get_all", "get_count"):
            with pytest.raises(TypeError):
                getattr(collection, verb)(sevrity="x")


def test_typed_fields_are_on_their_own_keys() -> None:
    def kinds(base: type) -> list[type]:
        return [base, *(kind for sub in base.__subclasses__() for kind in kinds(sub))]

    for kind in kinds(Entity):
        for name, field in kind._fields.items():
            twins = [other for other, one in kind._fields.items() if one.key == field.key]
            assert len(twins) <= 2 or field.key == "source", (kind, name, twins)


CODE = """
from sdk import Alarm, AlarmSeverity, CumulocityClient, Device, Page, Query

def use(c8y: CumulocityClient) -> None:
    reveal_type(c8y.device_inventory.where(name="x", order_by="name"))
    reveal_type(c8y.alarms.where(source="1"))
    reveal_type(c8y.alarms.get_all("severity=MAJOR", limit=None, workers=4))
    reveal_type(c8y.alarms.select(max_age="1d"))
    reveal_type(c8y.alarms.get_count(source="1"))
    reveal_type(c8y.operations.get_last(device_id="1"))
    reveal_type(c8y.users.where().page(1, 50).items)
    reveal_type(c8y.inventory.get("1", with_parents=True).name)
    reveal_type(c8y.alarms.get("1").severity)
    reveal_type(c8y.device_inventory.create(Device(name="x")))
    c8y.alarms.apply_by({"status": "CLEARED"}, source="1")
    c8y.alarms.get_all(sevrity="MAJOR")
    c8y.alarms.get_count(limit=5)
    c8y.alarms.get_all(limit="x")
    c8y.alarms.apply_by({"status": "CLEARED"}, type="x")
    c8y.inventory.get("1", severity="x")
    c8y.device_inventory.create(Alarm())
    Alarm(None, sevrity=AlarmSeverity.MAJOR).severity = 5
"""
REVEALED = [
    "sdk.model.inventory_query.InventorySelection[sdk.model.managed_object.Device]",
    "sdk.model.query.Query[sdk.model.alarms.Alarm]",
    "list[sdk.model.alarms.Alarm]",
    "Iterator[sdk.model.alarms.Alarm]",
    "int",
    "sdk.model.operations.Operation | None",
    "list[sdk.model.user.User]",
    "str | None",
    "sdk.model.alarms.AlarmSeverity | str | None",
    "list[sdk.model.managed_object.Device]",
]


@pytest.mark.slow
def test_type_checkers_see_the_filters_and_the_results(tmp_path: Path) -> None:
    file = tmp_path / "use.py"
    file.write_text(CODE)
    config = tmp_path / "mypy.ini"
    config.write_text("[mypy]\nstrict = True\n[mypy-httptools.*,jmespath.*]\nignore_missing_imports = True\n")
    command = [sys.executable, "-m", "mypy", "--config-file", str(config), "--output", "json"]
    found = subprocess.run(
        [*command, "--cache-dir", str(tmp_path / "cache"), str(file)],
        cwd=ROOT,
        env={"MYPYPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    told = [json.loads(line) for line in found.stdout.splitlines() if line.startswith("{")]
    notes = [one["message"] for one in told if "Revealed type is" in one["message"]]
    seen = [re.sub(r"\b(typing|builtins|collections\.abc)\.", "", note.split('"')[1]) for note in notes]
    assert seen == REVEALED
    lines = CODE.splitlines()
    wrong = {lines[one["line"] - 1] for one in told if one["severity"] == "error"}
    first_wrong = lines.index('    c8y.alarms.get_all(sevrity="MAJOR")')
    assert wrong == {line for line in lines[first_wrong:] if line}


def test_modules_stay_small_and_know_only_what_lies_below() -> None:
    below = {
        "errors": set(),
        "rest": {"errors", "rest"},
        "model": {"errors", "rest", "model"},
        "client": {"model", "rest", "errors"},
        "registry": {"client", "rest", "errors"},
    }
    for file in sorted((ROOT / "sdk").rglob("*.py")):
        part = file.relative_to(ROOT / "sdk").parts[0].removesuffix(".py")
        if part not in below:
            continue
        source = file.read_text()
        assert source.count("\n") <= 260, file
        for node in ast.walk(ast.parse(source)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                top, _, rest = name.partition(".")
                assert top not in {"django", "celery", "c8yadmin"}, file
                assert top != "sdk" or not rest or rest.split(".")[0] in below[part], (file, name)
                assert top != "requests" or part == "rest", (file, name)
