"""Every macro of `templates/ui/` as an attribute: `ui.badge("Online", "success")`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from jinja2 import Environment
from jinja2.runtime import Macro

# What these draw depends on their arguments alone, and a page of rows asks for the same few again and again.
REPEATED = frozenset({"badge", "icon", "severity", "status"})


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
        macro: Callable[..., str] = getattr(self._env.get_template(file).module, name)
        if self._env.auto_reload:
            return macro
        drawn = lru_cache(maxsize=512, typed=True)(macro) if name in REPEATED else macro
        setattr(self, name, drawn)
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
