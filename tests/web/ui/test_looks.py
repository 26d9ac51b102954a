"""The palette: legible in both themes, and every tenant's colour too."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from c8yadmin.core.tenants import COLORS

TOKENS = (settings.BASE_DIR / "static/css/tokens.css").read_text()
READABLE = 4.5
VISIBLE = 3.0


def colours(name: str) -> tuple[str, str]:
    """The light and the dark value of the token `name`."""
    match = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", TOKENS)
    if match:
        return match[1], match[2]
    single = re.search(rf"--{name}: (#\w+)", TOKENS)
    assert single, name
    return single[1], single[1]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


WORDS = [
    *(
        (ink, ground)
        for ink in ("ink", "ink-soft", "accent")
        for ground in ("ground", "surface", "sunken", "hover")
    ),
    *((tone, f"{tone}-ground") for tone in ("neutral", "info", "success", "warning", "danger")),
    *((tone, "surface") for tone in ("info", "success", "warning", "danger")),
    ("ink", "accent-soft"),
    ("ink", "info-ground"),
    ("ink", "danger-ground"),
    ("on-solid", "accent-solid"),
    ("on-solid", "critical"),
    ("ground", "ink"),
]
LINES = [("line-strong", "surface"), ("focus", "surface"), ("focus", "ground"), ("focus", "sunken")]


@pytest.mark.parametrize(("ink", "ground"), WORDS)
def test_words_can_be_read_in_both_themes(ink: str, ground: str) -> None:
    for front, back in zip(colours(ink), colours(ground), strict=True):
        assert contrast(front, back) >= READABLE, (ink, front, ground, back)


@pytest.mark.parametrize(("line", "ground"), LINES)
def test_edges_of_controls_can_be_seen_in_both_themes(line: str, ground: str) -> None:
    for front, back in zip(colours(line), colours(ground), strict=True):
        assert contrast(front, back) >= VISIBLE, (line, front, ground, back)


@pytest.mark.parametrize("color", COLORS)
def test_white_words_can_be_read_on_every_tenants_colour(color: str) -> None:
    match = re.search(rf'data-tenant-color="{color}"\] {{ --tenant: (#\w+)', TOKENS)
    assert match, f"no colour for {color}"
    assert contrast("#ffffff", match[1]) >= READABLE
