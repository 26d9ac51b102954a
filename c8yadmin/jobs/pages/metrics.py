"""`GET /metrics`: the jobs in the words of Prometheus, for whoever has the token."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """All figures; 404 unless `Authorization: Bearer` names the token of C8YADMIN_METRICS."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    wanted = settings.METRICS_TOKEN
    if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise Http404("There is no such page.")
    # Not before somebody asks: most consoles never are, and Prometheus' words weigh a megabyte.
    from c8yadmin.jobs.pages.figures import CONTENT_TYPE, figures  # noqa: PLC0415

    return HttpResponse(figures(), content_type=CONTENT_TYPE)
