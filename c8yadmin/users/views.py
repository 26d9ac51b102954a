"""The users of a tenant: find them, edit one, enable and disable, give and take global roles."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from c8yadmin.core.guard import guarded
from c8yadmin.core.listing import Listing
from c8yadmin.core.page import fragment, page
from c8yadmin.core.paging import cut, fetch, show
from c8yadmin.core.request import AppRequest
from c8yadmin.jobs.registry import offered
from c8yadmin.ui.text import visible
from c8yadmin.users.forms import RoleForm, UserFilter, UserForm
from c8yadmin.users.permissions import MANAGING, effective, is_user, same_name
from c8yadmin.users.roles import all_roles
from sdk import Invalid, User

SUGGESTIONS = 20


@require_GET
def browse(request: AppRequest) -> HttpResponse:
    """The users that the URL's filter names: two tenant calls, one for the names of the global roles."""
    form = UserFilter(request.GET, all_roles(request.c8y))
    listing, status = _listed(form, request)
    return show(request, "users/browse.html", listing, {"actions": offered("users", request)}, status)


@require_safe
def roles(request: AppRequest) -> HttpResponse:
    """Suggestions for a global role, the first names that contain what was typed: one tenant call."""
    if fragment(request) != "role_names":
        return HttpResponseRedirect(request.link("users:browse"))
    typed = request.GET.get("role", "").strip().casefold()
    named = [group for group in all_roles(request.c8y) if typed in (group.name or "").casefold()]
    return page(request, "users/role_names.html", {"groups": named[:SUGGESTIONS]})


def _listed(form: UserFilter, request: AppRequest) -> tuple[Listing[User], int]:
    if form.is_valid() and form.cleaned_data["state"]:
        return cut(form, list(form.query(request.c8y)))
    return fetch(form, lambda: form.in_any_state(request.c8y))


@require_GET
def detail(request: AppRequest, id: str) -> HttpResponse:
    """One user with global roles and permissions: two tenant calls."""
    user = request.c8y.users.get(id)
    groups = all_roles(request.c8y)
    held = {group.id for group in user.groups}
    context = {
        "user": user,
        "held": [group for group in groups if group.id in held],
        "others": [group for group in groups if group.id not in held],
        "permissions": effective(user, groups),
        "blocked": request.blocked(*MANAGING),
        "myself": is_user(user, request.person.name),
    }
    return page(request, "users/detail.html", context)


@require_http_methods(["GET", "POST"])
@guarded
def edit(request: AppRequest, id: str) -> HttpResponse:
    """Names, e-mail and phone: what was changed, and nothing else, goes to PUT /user/{tenant}/users/{id}."""
    user = request.c8y.users.get(id)
    form = UserForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid() and _saved(form, user):
        if form.has_changed():
            messages.success(request, f"{visible(user.username, 80)} was changed.")
        else:
            messages.info(request, f"Nothing was changed of {visible(user.username, 80)}.")
        return HttpResponseRedirect(request.link("users:detail", id=user.id))
    context = {"user": user, "form": form, "blocked": request.blocked(*MANAGING)}
    return page(request, "users/edit.html", context, 422 if form.is_bound else 200)


def _saved(form: UserForm, user: User) -> bool:
    for name, value in form.changes().items():
        setattr(user, name, value)
    try:
        user.update()
    except Invalid as error:
        form.add_error(None, visible(error.message))
    return not form.errors


@require_POST
@guarded
def enable(request: AppRequest, id: str) -> HttpResponse:
    """Let a user sign in, or not any more (field `enabled`: `true` or `false`); never oneself."""
    if (wanted := request.POST.get("enabled")) not in ("true", "false"):
        raise BadRequest("The form must say whether the user shall be enabled.")
    user = request.c8y.users.get(id)
    enabled = wanted == "true"
    if not enabled and is_user(user, request.person.name):
        messages.error(
            request, "You cannot disable yourself: nobody else might be there to enable you again."
        )
    else:
        user.enabled = enabled
        user.update()
        messages.success(request, f"{visible(user.username, 80)} is {'enabled' if enabled else 'disabled'}.")
    return HttpResponseRedirect(request.link("users:detail", id=id))


@require_POST
@guarded
def grant(request: AppRequest, id: str) -> HttpResponse:
    """Give a global role (POST /user/{tenant}/groups/{group}/users)."""
    form = RoleForm(request.POST)
    if form.is_valid():
        request.c8y.user_groups.assign_users(form.cleaned_data["group"], id)
        messages.success(request, "The global role was added.")
    else:
        messages.error(request, "Choose a global role to add.")
    return HttpResponseRedirect(request.link("users:detail", id=id))


@require_POST
@guarded
def revoke(request: AppRequest, id: str) -> HttpResponse:
    """Take a global role (DELETE /user/{tenant}/groups/{group}/users/{id}); never from oneself."""
    form = RoleForm(request.POST)
    if same_name(id, request.person.name):
        messages.error(request, "You cannot take a global role from yourself: ask another administrator.")
    elif form.is_valid():
        request.c8y.user_groups.unassign_users(form.cleaned_data["group"], id)
        messages.success(request, "The global role was removed.")
    else:
        messages.error(request, "Choose a global role to remove.")
    return HttpResponseRedirect(request.link("users:detail", id=id))
