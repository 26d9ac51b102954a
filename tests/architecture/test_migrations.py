"""An update without a stop: processes of the last release go on while the database is migrated already."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps.registry import Apps
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

# The last migration of each app in every release: {"1.0.0": {"jobs": "0001_initial", …}}. Until there is one,
# the first test below compares what is there now with itself, and tells only that tables and models agree.
RELEASES: dict[str, dict[str, str]] = {}


def breaks(released: Apps) -> list[str]:
    """What the models of a release cannot read or write in the database as it is now."""
    found = []
    for model in [model for app in released.all_models.values() for model in app.values()]:
        with connection.cursor() as cursor:
            rows = connection.introspection.get_table_description(cursor, model._meta.db_table)
        now = {row.name for row in rows}
        known = {field.column: field for field in model._meta.local_concrete_fields}
        filled = {row.name for row in rows if not row.null_ok}
        needed = {row.name for row in rows if not row.null_ok and row.default is None}
        words = {"is gone": known.keys() - now, "has no db_default": needed - known.keys()}
        words["takes no null"] = {name for name in filled & known.keys() if known[name].null}
        found += [f"{model.__name__}.{name} {why}" for why, names in words.items() for name in sorted(names)]
    return found


@pytest.mark.django_db
def test_the_last_release_works_with_the_newest_tables() -> None:
    loader = MigrationLoader(connection)
    nodes = [*[*RELEASES.values()][-1].items()] if RELEASES else loader.graph.leaf_nodes()
    assert breaks(loader.project_state(nodes).apps) == []


def test_every_release_has_its_migrations_listed() -> None:
    changelog = Path("CHANGELOG.md").read_text()
    assert re.findall(r"^## \[(\d[^]]*)\]", changelog, re.MULTILINE) == [*reversed(RELEASES)]


@pytest.mark.django_db
def test_what_an_update_must_not_do_is_found() -> None:
    """Whatever way a migration takes: what counts is the table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE shop (id integer PRIMARY KEY, name text NOT NULL, note text NOT NULL DEFAULT '',"
            " colour text NOT NULL, size text NOT NULL DEFAULT 'M', place text)"
        )
    apps = Apps()
    meta = type("Meta", (), {"app_label": "shop", "db_table": "shop", "apps": apps})
    columns = {"id": models.IntegerField(primary_key=True), "name": models.TextField()}
    columns |= {"price": models.TextField(), "note": models.TextField(null=True)}
    type("Shop", (models.Model,), {"__module__": __name__, "Meta": meta, **columns})
    assert breaks(apps) == ["Shop.price is gone", "Shop.colour has no db_default", "Shop.note takes no null"]
