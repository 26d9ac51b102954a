"""The product's settings, with sandbox tenants that answer in-process instead of over a network."""

import atexit
import os
import shutil
import tempfile

if "C8YADMIN_DATA_DIR" not in os.environ:
    os.environ["C8YADMIN_DATA_DIR"] = folder = tempfile.mkdtemp(prefix="c8yadmin-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

from c8yadmin.settings import *  # noqa: F403

TENANTS = [
    {"slug": "acme", "name": "Acme", "base_url": "http://acme.sandbox", "tenant_id": "acme", "color": "blue"},
    {
        "slug": "globex",
        "name": "Globex",
        "base_url": "http://globex.sandbox",
        "tenant_id": "globex",
        "color": "orange",
    },
]
TENANT_CONNECTOR = "tests.tenants.connector"
CELERY_TASK_ALWAYS_EAGER = True
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
STATIC_ROOT = DATA_DIR / "static"  # noqa: F405
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # In a file, as the product has it: a database in memory has one connection and no locks to wait for.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "tests.sqlite3"}  # noqa: F405
