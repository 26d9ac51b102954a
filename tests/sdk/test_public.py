"""The public surface: names, signatures, types."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

import sdk
from sdk import CumulocityClient
from sdk.model.entity import Entity
from sdk.model.object import CumulocityObject

ROOT = Path(__file__).parents[2]


def test_the_public_names_are_exactly_those_that_are_listed() -> None:
    given = {name for name, value in vars(sdk).items() if not name.startswith("_") and not is_folder(value)}
    assert given == set(sdk.__all__)
    assert all(getattr(sdk, name).__doc__ for name in sdk.__all__)


def is_folder(value: Any) -> bool:
    """Modules are no names of the package, except those of many small words."""
    return inspect.ismodule(value) and value not in {sdk.matchers, sdk.query_language}


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


def objects_and_collections() -> list[type]:
    """All classes whose verbs speak to the tenant."""
    names = [name for name, one in vars(CumulocityClient).items() if isinstance(one, cached_property)]
    with CumulocityClient("http://tenant", "t1", None) as c8y:
        found = [type(getattr(c8y, name)) for name in names]
    public = (getattr(sdk, name) for name in sdk.__all__)
    found += [one for one in public if inspect.isclass(one) and issubclass(one, CumulocityObject)]
    return [kind for one in found for kind in one.__mro__ if kind.__module__.startswith("sdk.")]


def test_every_verb_tells_the_call_behind_it() -> None:
    silent = set()
    for kind in objects_and_collections():
        for name, verb in vars(kind).items():
            if name.startswith(("_", "build_")) or not inspect.isfunction(verb):
                continue
            told = inspect.getdoc(verb) or ""
            sends = re.search(r"self\.c8y\.|self\._client\(\)|\(self\.c8y", inspect.getsource(verb))
            if sends and not re.search(r"\b(GET|POST|PUT|DELETE)\b|[Ss]ee ``|Not offered", told):
                silent.add(f"{kind.__name__}.{name}")
    assert silent == set()


# Anything goes where documents are put together, and into the addresses of other services.
OPEN = {"fragments", "kwargs", "paths", "values"}


def test_help_shows_the_keywords_of_everything() -> None:
    kinds = {*objects_and_collections(), *(one for one in vars(sdk).values() if inspect.isclass(one))}
    found = {f"{kind.__name__}.{name}": one for kind in kinds for name, one in vars(kind).items()}
    found |= {name: getattr(sdk, name) for name in sdk.__all__}
    hidden = set()
    for name, one in found.items():
        verb = getattr(one, "__func__", one)
        if inspect.isfunction(verb) and (name.endswith(".__init__") or "._" not in name):
            shown = inspect.signature(verb).parameters.values()
            hidden |= {name for it in shown if it.kind is it.VAR_KEYWORD and it.name not in OPEN}
    assert hidden == {"Connector.init_poolmanager"}  # as requests names it


@pytest.mark.parametrize(
    "call",
    [
        lambda wrong: sdk.get_client("http://x", "t", "u", "p", interactive=False, **wrong),
        lambda wrong: sdk.SimpleCumulocityApp(**wrong),
        lambda wrong: sdk.MultiTenantCumulocityApp(**wrong),
        lambda wrong: CumulocityClient("http://x", "t", None, **wrong),
        lambda wrong: sdk.QueueListener(CumulocityClient("http://x", "t", None), "s", "me", **wrong),
        lambda wrong: sdk.Device(name="x").delete(**wrong),
        lambda wrong: sdk.Event().delete(**wrong),
    ],
)
def test_a_misspelt_keyword_is_refused(
    call: Callable[[dict[str, Any]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BASEURL", "TENANT", "USER", "PASSWORD"):
        monkeypatch.setenv(f"C8Y_{name}", "http://x")
        monkeypatch.setenv(f"C8Y_BOOTSTRAP_{name}", "x")
    monkeypatch.setenv("C8Y_USER", "x")
    with pytest.raises(TypeError, match="tiemout"):
        call({"tiemout": 5})


def test_a_process_that_does_not_listen_does_without_websockets() -> None:
    using = "import sdk, sys; sdk.CumulocityClient('http://x', 't', None), sdk.Listener, sdk.Realtime"
    loaded = subprocess.run(
        [sys.executable, "-c", f"{using}; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "sdk.notification2" in loaded
    assert {"websockets", "pandas", "cryptography", "jsonpath_ng"}.isdisjoint(loaded)


def test_typed_fields_are_on_their_own_keys() -> None:
    def kinds(base: type) -> list[type]:
        return [base, *(kind for sub in base.__subclasses__() for kind in kinds(sub))]

    for kind in kinds(Entity):
        for name, field in kind._fields.items():
            twins = {id(one): other for other, one in kind._fields.items() if one.key == field.key}
            assert len(twins) <= 2 or field.key == "source", (kind, name, twins)


def test_modules_can_be_held_in_the_head() -> None:
    ours = [file for file in (ROOT / "sdk").rglob("*.py") if "sandbox" not in file.parts]
    long = [file.name for file in ours if file.read_text().count("\n") > 260]
    assert long == ["__init__.py"]  # the list of names
