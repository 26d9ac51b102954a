"""`manage.py rotate_keys`: make the newest encryption key the only one that is needed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management import BaseCommand, CommandParser
from django.db import models

from c8yadmin.accounts.credentials import CredentialLost, needs_old_key, reseal
from c8yadmin.accounts.fields import SealedField

Rows = models.QuerySet[Any]


class Command(BaseCommand):
    help = "Encrypt every kept credential again, under the first of C8YADMIN_ENCRYPTION_KEYS."

    def add_arguments(self, parser: CommandParser) -> None:
        words = "change nothing; exit with 1 while another key than the first is needed"
        parser.add_argument("--check", action="store_true", help=words)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check()
            return
        done: Counter[str] = Counter()
        for rows, name in columns():
            done += rotate(rows, name)
        self.stdout.write(f"{done['rotated']} re-encrypted, {done['lost']} that no key opens.")

    def _check(self) -> None:
        old = sum(
            needs_old_key(sealed)
            for rows, name in columns()
            for sealed in rows.values_list(name, flat=True).iterator()
        )
        self.stdout.write(f"{old} need another key than the first.")
        if old:
            sys.exit(1)


def columns() -> Iterator[tuple[Rows, str]]:
    """Every column that holds sealed texts, with the rows that have one there."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, SealedField):
                yield model._default_manager.exclude(**{field.name: ""}), field.name


def rotate(rows: Rows, name: str) -> Counter[str]:
    """Seal a column again; how many were `rotated` and how many are `lost`, because no key opens them."""
    done: Counter[str] = Counter()
    for key, sealed in rows.values_list("pk", name).iterator():
        try:
            fresh = reseal(sealed)
        except CredentialLost:
            done["lost"] += 1
        else:
            # Only what is still there: the row may be renewed, or deleted, at this very moment.
            done["rotated"] += rows.filter(pk=key, **{name: sealed}).update(**{name: fresh})
    return done
