"""The door of every page under `/t/<tenant>/`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast

import structlog
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from c8yadmin.accounts import browser, challenge
from c8yadmin.accounts.clients import client_for
from c8yadmin.accounts.credentials import CredentialLost
from c8yadmin.accounts.models import SignIn
from c8yadmin.accounts.rights import refresh
from c8yadmin.core import failures, tenants
from c8yadmin.core.problems import Problem
from c8yadmin.core.request import AppRequest
from c8yadmin.core.tenants import Tenant
from sdk import Unauthorized

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
SAFE = ("GET", "HEAD", "OPTIONS")
NOT_ACCEPTED = "{name} no longer accepts your sign-in: it was revoked, or your password was changed."
KEY_LOST = "This console can no longer read your sign-in, because its encryption key was replaced."


class TenantRequest(AppRequest, WSGIRequest):
    """A request with its tenant, its user and a client that acts as the user."""

    signin: SignIn
    fresh_token: str
    tenants: list[Tenant]

    def keep(self, token: str) -> None:
        """Note a renewed token; it is stored with the answer, in the thread of the request."""
        self.fresh_token = token


def open_to_strangers(view: View) -> View:
    """Marks a view that gets `tenant` (the slug) as an argument and needs no sign-in to it."""
    view.open_to_strangers = True  # type: ignore[attr-defined]
    return view


def leaves_tenant_alone(view: View) -> View:
    """Marks a view that sends the tenant nothing, or refuses itself what may not be sent: its POST is taken
    where the tenant is connected read-only, too."""
    view.leaves_tenant_alone = True  # type: ignore[attr-defined]
    return view


class TenantMiddleware:
    """Finds the tenant of the address and this browser's sign-in to it, or asks for one.

    A view under `/t/<tenant>/` gets no `tenant` argument but `request.tenant`, `request.person`,
    `request.c8y` and `request.signin`. Whoever is not signed in to this very tenant is challenged; what they
    were about to send is not lost. Where the tenant refuses the credential itself, the sign-in has ended.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if token := getattr(request, "fresh_token", ""):
            cast(TenantRequest, request).signin.renewed(token)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if "tenant" not in kwargs or hasattr(view, "open_to_strangers"):
            return None
        tenant = tenants.find(kwargs.pop("tenant"))
        if tenant is None:
            raise Http404("This console knows no tenant of that name.")
        try:
            signin = _admit(request, tenant, timezone.now())
        except Unauthorized:
            return self._refused(cast(TenantRequest, request))
        if signin is None:
            return challenge.answer(request, tenant)
        if tenant.read_only and request.method not in SAFE and not hasattr(view, "leaves_tenant_alone"):
            return failures.answer(request, _read_only(tenant))
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Unauthorized) and isinstance(request, TenantRequest):
            return self._refused(request, untouched=request.method in SAFE)
        return None

    def _refused(self, request: TenantRequest, untouched: bool = True) -> HttpResponse:
        tenant = request.tenant
        request.signin.end(NOT_ACCEPTED.format(name=tenant.name))
        for name in ("tenant", "tenants", "person"):  # the page that asks shows nothing of them
            vars(request).pop(name, None)
        return challenge.answer(request, tenant, untouched)


def _read_only(tenant: Tenant) -> Problem:
    return Problem(403, f"{tenant.name} is connected read-only", "Nothing was sent, nothing changed there.")


def _admit(request: HttpRequest, tenant: Tenant, now: datetime) -> SignIn | None:
    rows = browser.live(browser.sign_ins(request.session), now)
    signin = next((row for row in rows if row.tenant == tenant.slug), None)
    if signin is None:
        return None
    try:
        credential = signin.credential()
    except CredentialLost:
        signin.end(KEY_LOST)
        return None
    structlog.contextvars.bind_contextvars(tenant=tenant.slug, user=signin.username)
    request.__class__ = TenantRequest
    visit = cast(TenantRequest, request)
    visit.signin, visit.tenant = signin, tenant
    visit.tenants = [known for row in rows if (known := tenants.find(row.tenant))]
    visit.c8y = client_for(tenant, credential, on_renewal=visit.keep)
    refresh(signin, visit.c8y, now)
    signin.note(now)
    visit.person = signin.person
    return signin
