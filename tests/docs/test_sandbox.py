"""docs/sandbox.md: its snippets run, one after the other, as a reader would try them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.contract import description

SNIPPETS = re.findall(r"```python\n(.*?)```", Path("docs/sandbox.md").read_text(), re.DOTALL)


def test_the_snippets_run_in_the_order_of_the_page() -> None:
    description.require()
    assert len(SNIPPETS) > 5
    known: dict[str, object] = {}
    for number, snippet in enumerate(SNIPPETS, 1):
        exec(compile(snippet, f"snippet {number} of docs/sandbox.md", "exec"), known)  # noqa: S102
