"""`manage.py rotate_keys`: make the newest encryption key the only one that is needed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.apps import apps
from django.core.management import BaseCommand
from django.db import models

from c8yadmin.accounts.credentials import CredentialLost, reseal
from c8yadmin.accounts.fields import SealedField


class Command(BaseCommand):
    help = "Encrypt every kept credential again, under the first of C8YADMIN_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        done: Counter[str] = Counter()
        for model in apps.get_models():
            for field in model._meta.get_fields():
                if isinstance(field, SealedField):
                    done += rotate(model, field.name)
        self.stdout.write(f"{done['rotated']} re-encrypted, {done['lost']} that no key opens.")


def rotate(model: type[models.Model], name: str) -> Counter[str]:
    """Seal a column again; how many were `rotated` and how many are `lost`, because no key opens them."""
    done: Counter[str] = Counter()
    rows = model._default_manager.exclude(**{name: ""})
    for key, sealed in rows.values_list("pk", name).iterator():
        try:
            fresh = reseal(sealed)
        except CredentialLost:
            done["lost"] += 1
        else:
            # Only what is still there: the row may be renewed, or deleted, at this very moment.
            done["rotated"] += rows.filter(pk=key, **{name: sealed}).update(**{name: fresh})
    return done
