"""The console's addresses and one more, which fails in the way that it is asked for."""

from __future__ import annotations

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

import sdk
from c8yadmin import urls

WORDS = "Access is denied <script>alert(1)</script>"
REFUSED = {"status": 418, "error": "inventory/odd", "method": "PUT", "path": "/inventory/managedObjects/7"}
ERRORS: dict[str, Exception] = {
    "unauthorized": sdk.Unauthorized(WORDS, **REFUSED),
    "forbidden": sdk.Forbidden(WORDS, **REFUSED),
    "missing": sdk.NotFound(WORDS, **REFUSED),
    "conflict": sdk.Conflict(WORDS, **REFUSED),
    "invalid": sdk.Invalid(WORDS, **REFUSED),
    "limited": sdk.RateLimited(WORDS, **REFUSED),
    "broken": sdk.ServerError(WORDS, **REFUSED),
    "timeout": sdk.Timeout("no answer within 60 s"),
    "unreachable": sdk.Unreachable("acme.example: connection refused"),
    "garbage": sdk.BadAnswer("HTML instead of JSON"),
    "denied": PermissionDenied("Acme is connected read-only."),
    "gone": Http404("This console knows no tenant of that name."),
    "bad": BadRequest("The filter is damaged."),
    "suspicious": SuspiciousOperation("secret detail"),
    "crash": RuntimeError("secret detail"),
}


def fail(request: HttpRequest, kind: str) -> HttpResponse:
    raise ERRORS[kind]


handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500
urlpatterns = [path("fail/<kind>/", fail), *urls.urlpatterns]
