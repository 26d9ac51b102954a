"""Every template of the console: strict, safe, whole."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from django.conf import settings
from django.template import engines
from jinja2 import nodes

from c8yadmin.ui.icons import icon
from tests.web.ui.drawing import draw

ROOT = settings.BASE_DIR / "templates"
NAMES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.html"))
ENV = engines["jinja2"].env
FRAME = {"title", "crumbs", "heading", "actions", "content"}


def source(name: str) -> str:
    """The template without its comments."""
    return re.sub(r"\{#.*?#\}", "", (ROOT / name).read_text(), flags=re.DOTALL)


def macros_used(name: str) -> Iterator[str]:
    for node in ENV.parse(source(name)).find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and node.node.name == "ui":
            yield node.attr


def test_every_macro_stands_on_the_pattern_page() -> None:
    shown = {*macros_used("ui/patterns.html"), *macros_used("base.html")}
    assert set(ENV.globals["ui"].files()) - shown == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_template_compiles_and_uses_macros_that_exist(name: str) -> None:
    ENV.get_template(name)
    assert set(macros_used(name)) - set(ENV.globals["ui"].files()) == set()


@pytest.mark.parametrize("name", NAMES)
def test_what_a_comment_names_exists(name: str) -> None:
    apps = "|".join(path.name for path in (settings.BASE_DIR / "c8yadmin").iterdir() if path.is_dir())
    comments = " ".join(re.findall(r"\{#.*?#\}", (ROOT / name).read_text(), flags=re.DOTALL))
    for found in re.findall(rf"(?<![\w./])(?:{apps})(?:\.[a-zA-Z_]\w*)+", comments):
        if not found.startswith("ui."):  # the macros
            assert pkgutil.resolve_name(f"c8yadmin.{found}")


@pytest.mark.parametrize("name", NAMES)
def test_no_template_holds_code_or_style(name: str) -> None:
    markup = source(name)
    assert re.findall(r"<style\b|\sstyle\s*=|\son[a-z]+\s*=|hx-on|javascript:", markup) == []
    scripts = re.findall(r"<script\b[^>]*>\s*", markup)
    assert [tag for tag in scripts if not re.search(r"""src="\{\{ static\(""", tag)] == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_marked_safe_in_a_template(name: str) -> None:
    assert re.findall(r"\|\s*safe\b|autoescape", source(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_fragment_is_named_like_the_element_that_it_draws(name: str) -> None:
    for block in ENV.parse(source(name)).find_all(nodes.Block):
        if block.name not in FRAME:
            text = source(name)
            start = re.search(rf"\{{%-?\s*block {block.name}\b.*?%\}}", text)
            assert start, name
            following = re.sub(r"\A(\s|\{% set .*?%\})+", "", text[start.end() :])
            assert re.match(rf"<[a-z]+[^>]*\bid=\"{block.name}\"", following), f"{name}: block {block.name}"


@pytest.mark.parametrize("name", NAMES)
def test_every_icon_exists(name: str) -> None:
    for call in ENV.parse(source(name)).find_all(nodes.Call):
        target = call.node
        drawn = isinstance(target, nodes.Getattr) and target.attr == "icon" and call.args
        named = [keyword.value for keyword in call.kwargs if keyword.key == "icon"]
        for value in [*named, *(call.args[:1] if drawn else [])]:
            if isinstance(value, nodes.Const) and value.value:
                assert icon(value.value)


def test_an_unknown_variable_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        draw("{{ devcie }}")


def test_an_unknown_macro_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        draw("{{ ui.bagde('x') }}")


def test_third_party_styles_are_installed() -> None:
    missing = [path for path, file in settings.PACKAGE_FILES.items() if not Path(file).exists()]
    assert missing == [], "run `make setup`"
