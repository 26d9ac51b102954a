"""`GET /healthz`: how the processes do, in the fewest words; strangers learn no name, count or version."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from c8yadmin.jobs.pages.health import WORDS, process_signs

PLAIN = "text/plain; charset=utf-8"


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """200 when this process can reach the database, else 503; then a line for each kind of process.

    With `?all`, 503 also when workers, beat or sweeper are not well: for a monitor, not for whatever restarts
    web processes.
    """
    try:
        signs = process_signs()
    except DatabaseError:
        return HttpResponse("database unreachable", content_type=PLAIN, status=503)
    ill = "all" in request.GET and any(sign.tone != "success" for sign in signs)
    lines = ["not well" if ill else "ok", *(f"{sign.part}: {WORDS[sign.tone]}" for sign in signs)]
    return HttpResponse("\n".join(lines).lower(), content_type=PLAIN, status=503 if ill else 200)
