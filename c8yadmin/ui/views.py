"""The pattern page: every component in every state, to look at and to test."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from c8yadmin.core.page import page
from c8yadmin.ui import samples


@require_safe
def patterns(request: HttpRequest) -> HttpResponse:
    return page(request, "ui/patterns.html", samples.context(request.GET))
