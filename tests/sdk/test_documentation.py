"""What docs/sdk.md shows works, in the order it is shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import sdk

PAGE = Path(__file__).parents[2] / "docs" / "sdk.md"


def test_every_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    page = PAGE.read_text()
    examples = list(re.finditer(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    assert len(examples) >= 10
    for example in examples:
        line = page.count("\n", 0, example.start(1))
        code = compile("\n" * line + example[1], str(PAGE), "exec")
        exec(code, names)  # noqa: S102
    said = capsys.readouterr().out
    assert "admin acme" in said
    assert "404 inventory/notFound" in said
    assert "secret" not in said.lower()


def test_every_error_is_explained() -> None:
    page = PAGE.read_text()
    errors = [
        name
        for name in sdk.__all__
        if isinstance(getattr(sdk, name), type) and issubclass(getattr(sdk, name), Exception)
    ]
    assert [name for name in errors if name != "Refused" and f"`{name}`" not in page] == []
