"""The product's settings, with sandbox tenants that answer in-process instead of over a network."""

import os
import tempfile

os.environ.setdefault("C8YADMIN_DATA_DIR", tempfile.mkdtemp(prefix="c8yadmin-tests-"))

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
