"""Every macro of `templates/ui/` as an attribute: `ui.badge("Online", "success")`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from jinja2 import Environment
from jinja2.runtime import Macro

from c8yadmin.ui import cells

# What these draw depends on their arguments alone, and a page of rows asks for the same few again and again.
REPEATED = frozenset({"badge", "button", "icon", "severity", "status"})
QUICK: dict[str, Callable[..., str]] = {
    "select_row": cells.select_row,
    "text": cells.text,
    "time": cells.time,
}


class Components:
    """The macros by name, wherever under `templates/ui/` they are written; a name exists once.

    They are loaded when the first one is used, and again after an edit where the environment reloads.
    """

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._files: dict[str, str] = {}

    def __getattr__(self, name: str) -> Callable[..., str]:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            file = self.files()[name]
        except KeyError:
            raise AttributeError(f"templates/ui has no macro {name!r}") from None
        macro: Macro = getattr(self._env.get_template(file).module, name)
        if self._env.auto_reload:
            return _drawn(name, macro)
        setattr(self, name, drawn := _remembering(macro) if name in REPEATED else _drawn(name, macro))
        return drawn

    def files(self) -> dict[str, str]:
        """The template of each macro."""
        if not self._files:
            for file in self._env.list_templates(filter_func=_holds_macros):
                self._files |= dict.fromkeys(self.names(file), file)
        return self._files

    def names(self, file: str) -> list[str]:
        """The macros that `file` offers."""
        module = self._env.get_template(file).module
        return [name for name, value in vars(module).items() if isinstance(value, Macro)]


def _holds_macros(path: str) -> bool:
    return path.startswith("ui/") and path.endswith(".html") and path != "ui/patterns.html"


def _drawn(name: str, macro: Macro) -> Callable[..., str]:
    return partial(QUICK[name], macro) if name in QUICK else macro


def _remembering(macro: Macro) -> Callable[..., str]:
    remembered = lru_cache(maxsize=512, typed=True)(macro)

    def drawn(*args: Any, **kwargs: Any) -> str:
        # A dict has no place in a memory of arguments.
        return (macro if "attrs" in kwargs else remembered)(*args, **kwargs)

    return drawn
