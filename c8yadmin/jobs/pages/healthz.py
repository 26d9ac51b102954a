"""`GET /healthz`: how the processes do, in the fewest words; strangers learn no name, count or version.

A machine asks it, by whatever name or number it has for this process: it is answered before anything looks at
the host name.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from c8yadmin.jobs.pages.health import WORDS, process_signs

PATH = "/healthz"
PLAIN = "text/plain; charset=utf-8"
Handler = Callable[[HttpRequest], HttpResponseBase]


def middleware(handle: Handler) -> Handler:
    """Answers the probe, and lets everything else pass."""
    return lambda request: page(request) if request.path_info == PATH else handle(request)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """200 when this process can reach the database, else 503; then a line for each kind of process.

    With `?all`, 503 also when workers, beat or sweeper are not well: for a monitor, not for whatever restarts
    web processes.
    """
    try:
        signs = process_signs()
    except Error:
        return HttpResponse("database unreachable", content_type=PLAIN, status=503)
    ill = "all" in request.GET and any(sign.tone != "success" for sign in signs)
    lines = ["not well" if ill else "ok", *(f"{sign.part}: {WORDS[sign.tone]}" for sign in signs)]
    return HttpResponse("\n".join(lines).lower(), content_type=PLAIN, status=503 if ill else 200)
