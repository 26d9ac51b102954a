"""The quick way to draw a cell gives what the macro gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.template import engines
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("tables")
ENV = engines["jinja2"].env  # type: ignore[attr-defined]


def drawn(template: str, value: Any) -> str:
    """By a page, or by the macros themselves, which a page reaches through `ui`."""
    macros = '{% import "ui/marks.html" as macros %}{% import "ui/lists.html" as lists %}'
    return ENV.from_string(macros + template).render(value=value).strip()


@settings(max_examples=60, deadline=None)
@given(st.none() | st.integers() | st.text(st.characters(exclude_categories=[]), max_size=40))
def test_a_text_is_drawn_as_by_the_macro(value: Any) -> None:
    assert drawn("{{ ui.text(value, 20) }}", value) == drawn("{{ macros.text(value, 20) }}", value)


@settings(max_examples=60, deadline=None)
@given(st.integers() | st.text(st.characters(exclude_categories=[]), max_size=120))
def test_the_checkbox_of_a_row_is_drawn_as_by_the_macro(value: Any) -> None:
    quick = drawn("{{ ui.select_row(value, value) }}", value)
    assert quick == drawn("{{ lists.select_row(value, value) }}", value)


@pytest.mark.parametrize(
    "value",
    [None, "", "soon", "2026-13-45T00:00:00Z", "2020-01-02T03:04:05.678+02:00", "2020-01-02T03:04:05"]
    + [datetime.now(UTC) - timedelta(seconds=away) for away in (-90_000, -100, 100, 5000, 10**6)],
)
def test_a_time_is_drawn_as_by_the_macro(value: Any) -> None:
    assert drawn("{{ ui.time(value) }}", value) == drawn("{{ macros.time(value) }}", value)
