"""Pages for what goes wrong before or beside a view, and the health check."""

from __future__ import annotations

from dataclasses import replace

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
)
from django.http import Http404, HttpRequest, HttpResponse

from c8yadmin.core import problems
from c8yadmin.core.failures import answer
from c8yadmin.core.problems import Problem
from c8yadmin.core.uploads import FileTooLarge


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        return answer(request, _said(problems.TOO_LARGE, exception, FileTooLarge))
    return answer(request, _said(problems.BAD_REQUEST, exception, BadRequest))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, _said(problems.FORBIDDEN, exception, PermissionDenied))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, _said(problems.NOT_FOUND, exception, Http404))


def _said(problem: Problem, exception: Exception, kind: type[Exception]) -> Problem:
    """`problem` with the sentence that a view gave to an exception of `kind`, if it did."""
    words = exception.args[0] if isinstance(exception, kind) and exception.args else ""
    return replace(problem, text=words) if words and isinstance(words, str) else problem


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(request, problems.EXPIRED_FORM)


def server_error(request: HttpRequest) -> HttpResponse:
    try:
        return answer(request, problems.FAILED)
    except Exception:  # noqa: BLE001  # whatever broke the page may break this one too
        words = f"{problems.FAILED.title}. {problems.FAILED.text}"
        return HttpResponse(words, content_type="text/plain; charset=utf-8", status=500)
