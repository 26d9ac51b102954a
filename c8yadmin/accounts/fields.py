from __future__ import annotations

from typing import Any

from django.db import models


class SealedField(models.TextField):  # type: ignore[type-arg]  # it has none at run time
    """A text that `credentials.seal` made; `manage.py rotate_keys` finds it by this class."""

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        # To the database it is a text, whose migrations need not know this class.
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", list(args), dict(kwargs)
