from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import trigger_client_event

from c8yadmin.accounts import browser, challenge, second_factor
from c8yadmin.accounts.attempts import judged
from c8yadmin.accounts.forms import SignInForm
from c8yadmin.accounts.limits import TooManyAttempts
from c8yadmin.accounts.login import Identity, NotHere, WrongCode, explain
from c8yadmin.accounts.middleware import open_to_strangers
from c8yadmin.accounts.models import SignIn
from c8yadmin.accounts.rights import summary
from c8yadmin.accounts.signals import signed_in
from c8yadmin.core import tenants
from c8yadmin.core.page import page
from c8yadmin.core.request import AppRequest
from c8yadmin.core.tenants import Tenant
from sdk import C8yError, MissingTfa


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The tenants that this browser is signed in to; with only one, or none, what comes next."""
    rows = browser.live(browser.sign_ins(request.session), timezone.now())
    if not rows:
        return HttpResponseRedirect(reverse("accounts:sign_in"))
    if len(rows) == 1:
        return HttpResponseRedirect(reverse("accounts:tenant", args=[rows[0].tenant]))
    open_tenants = [(tenants.find(row.tenant), row, summary(row.person)) for row in rows]
    return page(request, "accounts/home.html", {"open_tenants": open_tenants})


@require_safe
def tenant(request: AppRequest) -> HttpResponse:
    """The start of a tenant."""
    return HttpResponseRedirect(request.link("inventory:browse"))


@sensitive_post_parameters("password", "tfa_code", "kept")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who it is (GET), and let the tenant check it (POST)."""
    if request.method != "POST":
        second_factor.forget(request)
        return challenge.show(request, SignInForm(initial=_asked_for(request.GET)))
    form = SignInForm(request.POST)
    if not form.is_valid():
        return challenge.show(request, form, 422)
    return _attempt(request, form, form.tenant_found, form.cleaned_data["username"])


@open_to_strangers
def sign_out(request: HttpRequest, tenant: str) -> HttpResponse:
    """End the sign-in to one tenant, or with the field `all` to every one."""
    rows = browser.sign_ins(request.session)
    if not any(row.tenant == tenant for row in browser.live(rows, timezone.now())):
        return HttpResponseRedirect(challenge.address(tenant))
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    chosen = rows if "all" in request.POST else [row for row in rows if row.tenant == tenant]
    browser.leave(request, chosen)
    names = [known.name for row in chosen if (known := tenants.find(row.tenant))]
    messages.success(request, f"You are signed out of {' and '.join(names)}.")
    goal = reverse("accounts:home") if len(chosen) < len(rows) else challenge.address(tenant)
    response = HttpResponseRedirect(goal)
    response["Clear-Site-Data"] = '"cache"'
    return response


@sensitive_variables("password")
def _attempt(request: HttpRequest, form: SignInForm, tenant: Tenant, username: str) -> HttpResponse:
    code = form.cleaned_data["tfa_code"]
    password = form.cleaned_data["password"] or second_factor.recall(request, tenant.slug, username)
    if not password:
        words = "The time for the code is over: type the password again." if code else "Type your password."
        form.add_error("password", words)
        return challenge.show(request, form, 422)
    try:
        identity = judged(request, tenant, username, password, code)
    except TooManyAttempts as refusal:
        return _wait(request, form, tenant, refusal)
    except MissingTfa:
        second_factor.remember(request, tenant.slug, username, password)
        return challenge.show(request, form, 401, asks_code=True)
    except (C8yError, NotHere, WrongCode) as refusal:
        return _refused(request, form, tenant, refusal, password)
    second_factor.forget(request)
    return _welcome(request, form, tenant, identity)


@sensitive_variables("password")
def _refused(
    request: HttpRequest, form: SignInForm, tenant: Tenant, refusal: Exception, password: str
) -> HttpResponse:
    status, words = explain(tenant, refusal)
    wrong_code = isinstance(refusal, WrongCode)
    if wrong_code and form.cleaned_data["password"]:
        second_factor.remember(request, tenant.slug, form.cleaned_data["username"], password)
    form.add_error("tfa_code" if wrong_code else None, words)
    return challenge.show(request, form, status, asks_code=wrong_code)


def _wait(request: HttpRequest, form: SignInForm, tenant: Tenant, refusal: TooManyAttempts) -> HttpResponse:
    form.add_error(None, refusal.words(form.cleaned_data["username"], tenant.name))
    response = challenge.show(request, form, 429)
    response["Retry-After"] = str(refusal.retry_after)
    return response


def _welcome(request: HttpRequest, form: SignInForm, tenant: Tenant, identity: Identity) -> HttpResponse:
    row = browser.begin(request, tenant, identity)
    for _, said in signed_in.send_robust(SignIn, signin=row):
        if isinstance(said, str) and said:
            messages.info(request, said)
    if request.headers.get("HX-Request"):
        return _go_on(request, tenant)
    if form.cleaned_data["resend"]:
        fields = dict(QueryDict(form.cleaned_data["kept"]).lists())
        context = {"goal": form.destination(), "fields": fields, "to": tenant}
        return page(request, "accounts/resend.html", context)
    return HttpResponseRedirect(form.destination())


def _go_on(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Close the dialog with a message; static/js/sign-in.js repeats what it interrupted."""
    messages.success(request, f"You are signed in to {tenant.name} again. Nothing on this page was lost.")
    response = page(request, "accounts/signed_in.html", {})
    response["HX-Retarget"], response["HX-Reswap"] = "#messages", "beforeend"
    return trigger_client_event(response, "signed-in", {"token": get_token(request)}, after="swap")


def _asked_for(query: QueryDict) -> dict[str, str]:
    return {name: query.get(name, "") for name in ("tenant", "next")}
