"""Every promised name is there, says what it does, and works at the sandbox."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import pytest

import sdk
from sdk import CumulocityClient
from sdk.model.collection import Collection
from sdk.model.filters import Paging
from sdk.sandbox import Sandbox
from tests.sdk import tours
from tests.sdk.surface import SURFACE

VERBS = ("where", "get_all", "select", "get_count")


def collections() -> dict[str, type]:
    """The classes behind the attributes of a client, by name."""
    with CumulocityClient("http://tenant", "t1", None) as c8y:
        names = [
            name for name, one in vars(CumulocityClient).items() if isinstance(one, functools.cached_property)
        ]
        kinds = [type(getattr(c8y, name)) for name in names]
    return {kind.__name__: kind for kind in kinds}


def kind_of(name: str) -> type:
    found: type = collections().get(name) or getattr(sdk, name)
    return found


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> set[str]:
    """The members of a domain's classes that were called on them (not on subclasses), as ``Class.member``."""
    found: set[str] = set()
    for name, members in SURFACE[request.getfixturevalue("domain")].items():
        kind = kind_of(name)
        for member in members.split():
            watched = watching(kind, member, found)
            monkeypatch.setattr(kind, member, watched)
    return found


def watching(kind: type, member: str, found: set[str]) -> Any:
    """A member that notes its calls and then does what it does."""
    original = inspect.getattr_static(kind, member)
    of_class = isinstance(original, classmethod)
    function: Callable[..., Any] = original.__func__ if of_class else original

    @functools.wraps(function)
    def noted(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if (self if of_class else type(self)) is kind:
            found.add(f"{kind.__name__}.{member}")
        return function(self, *args, **kwargs)

    return classmethod(noted) if of_class else noted


@pytest.mark.parametrize("domain", list(SURFACE))
def test_every_promised_member_works(
    domain: str, called: set[str], sandbox: Sandbox, connect: Callable[..., CumulocityClient]
) -> None:
    getattr(tours, domain)(tours.Guide(sandbox, connect))
    promised = {f"{name}.{member}" for name, members in SURFACE[domain].items() for member in members.split()}
    assert sorted(promised - called) == []


def test_every_promised_member_says_what_it_does() -> None:
    silent = [
        f"{name}.{member}"
        for classes in SURFACE.values()
        for name, members in classes.items()
        for member in members.split()
        if not member.startswith("__") and not inspect.getdoc(getattr(kind_of(name), member))
    ]
    assert silent == []


def listed() -> list[str]:
    """The attributes of a client that are lists of objects."""
    with CumulocityClient("http://tenant", "t1", None) as c8y:
        found = vars(CumulocityClient).items()
        names = [name for name, one in found if isinstance(one, functools.cached_property)]
        return [name for name in names if isinstance(getattr(c8y, name), Collection)]


@pytest.mark.parametrize("name", listed())
def test_all_lists_are_asked_in_the_same_way(name: str) -> None:
    with CumulocityClient("http://127.0.0.1:1", "t1", None) as c8y:
        collection = getattr(c8y, name)
        shown = {verb: inspect.signature(getattr(collection, verb)).parameters for verb in VERBS}
        for verb in VERBS:
            with pytest.raises(TypeError):
                getattr(collection, verb)(sevrity="x")
    paging = set(Paging.__annotations__)
    assert set(shown["get_all"]) == set(shown["select"]) == set(shown["where"]) | paging
    assert set(shown["get_count"]) == set(shown["where"])
    assert "expression" in shown["where"]
