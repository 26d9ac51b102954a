"""What a page makes a browser load."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client, override_settings

LIMIT = 150 * 1024
LONGEST = 400


def gzipped(content: bytes) -> int:
    return len(gzip.compress(content, 6))


@pytest.mark.django_db
def test_a_page_with_all_its_files_is_light(client: Client) -> None:
    page = client.get("/ui/").content
    files = re.findall(r'(?:src|href)="/static/([^"]+)"', page.decode())
    missing = [name for name in files if not finders.find(name)]
    assert missing == [], "run `make setup`"
    total = gzipped(page) + sum(gzipped(Path(str(finders.find(name))).read_bytes()) for name in files)
    assert total <= LIMIT, f"{total:,} bytes gzipped"


def test_every_static_file_can_be_collected_under_a_name_of_its_content(tmp_path: Path) -> None:
    backend = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    with override_settings(STATIC_ROOT=tmp_path, STORAGES={"staticfiles": {"BACKEND": backend}}):
        call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "staticfiles.json").exists()
    assert len(list(tmp_path.glob("vendor/tabler/css/tabler.min.*.css"))) == 1


def test_own_style_sheets_and_scripts_can_be_held_in_the_head() -> None:
    own = [
        *Path(settings.BASE_DIR, "static").rglob("*.css"),
        *Path(settings.BASE_DIR, "static").rglob("*.js"),
    ]
    lengths = {path.name: len(path.read_text().splitlines()) for path in own}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_every_style_sheet_and_script_is_used() -> None:
    static = Path(settings.BASE_DIR, "static")
    names = {path.stem for folder in ("css", "js") for path in (static / folder).iterdir()}
    templates = "".join(path.read_text() for path in Path(settings.BASE_DIR, "templates").rglob("*.html"))
    assert {name for name in names if not re.search(rf"[\"'/]{re.escape(name)}[\"'.]", templates)} == set()
