"""What a host name that is shared changes in the settings; tests/browser/test_prefix.py walks the pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from pytest_django import Settings

from c8yadmin.core.security import content_security_policy

ASK = """
import django, json
django.setup()
from django.conf import settings
from django.middleware.security import SecurityMiddleware
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory
from django.urls import reverse

def redirected(path):
    environ = RequestFactory().get(path, HTTP_HOST="console.example.com").environ
    answer = SecurityMiddleware(lambda request: None).process_request(WSGIRequest(environ))
    return answer and answer["Location"]

print(json.dumps({
    "cookie": [settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_PATH, settings.CSRF_COOKIE_PATH],
    "static": settings.STATIC_URL,
    "hsts": settings.SECURE_HSTS_SECONDS,
    "home": reverse("accounts:home"),
    "health": redirected("/healthz"),
    "page": redirected("/sign-in/?tenant=acme"),
}))
"""


def asked(folder: Path, **variables: str) -> dict[str, Any]:
    """What a console with these variables does."""
    own = {
        "DJANGO_SETTINGS_MODULE": "c8yadmin.settings",
        "C8YADMIN_DATA_DIR": str(folder),
        "C8YADMIN_ALLOWED_HOSTS": "console.example.com",
        "C8YADMIN_HTTPS": "true",
        "C8YADMIN_BEHIND_PROXY": "true",
    }
    told = subprocess.run(
        [sys.executable, "-c", ASK], env=os.environ | own | variables, check=True, stdout=subprocess.PIPE
    )
    return dict(json.loads(told.stdout))


def test_below_a_prefix_cookies_files_and_redirects_are_below_it_and_the_probe_is_not_redirected(
    tmp_path: Path,
) -> None:
    assert asked(tmp_path, C8YADMIN_PATH_PREFIX="/service/c8yadmin/") == {
        "cookie": ["__Secure-c8yadmin", "/service/c8yadmin", "/service/c8yadmin"],
        "static": "/service/c8yadmin/static/",
        "hsts": 0,
        "home": "/service/c8yadmin/",
        "health": None,
        "page": "https://console.example.com/service/c8yadmin/sign-in/?tenant=acme",
    }


def test_with_a_host_of_its_own_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    told = asked(tmp_path)
    assert told["cookie"] == ["__Host-c8yadmin", "/", "/"]
    assert told["hsts"] > 0
    assert (told["health"], told["page"]) == (None, "https://console.example.com/sign-in/?tenant=acme")


def test_nobody_is_redirected_where_no_proxy_tells_how_they_came(tmp_path: Path) -> None:
    assert asked(tmp_path, C8YADMIN_BEHIND_PROXY="false")["page"] is None


def test_the_policy_of_a_shared_host_lets_no_neighbours_script_in(settings: Settings) -> None:
    settings.PATH_PREFIX = "/service/c8yadmin"
    assert "script-src 'self';" in content_security_policy()
    settings.CSRF_TRUSTED_ORIGINS = ["https://acme.example.com"]
    policy = content_security_policy()
    assert "script-src https://acme.example.com/service/c8yadmin/;" in policy
    assert "'self'" not in policy
