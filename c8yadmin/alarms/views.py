"""The alarms of a tenant: find them, read one, acknowledge and clear."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from c8yadmin.alarms.forms import AlarmFilter, StatusForm
from c8yadmin.core.guard import guarded
from c8yadmin.core.page import page
from c8yadmin.core.paging import fetch, show
from c8yadmin.core.request import AppRequest
from c8yadmin.jobs.registry import offered
from sdk import Alarm, AlarmStatus

ACKNOWLEDGE = (AlarmStatus.ACKNOWLEDGED, "Acknowledge", "eye")
CLEAR = (AlarmStatus.CLEARED, "Clear", "check")
REACTIVATE = (AlarmStatus.ACTIVE, "Reactivate", "bell-ring")
# What may follow on a status: the new one, and the word and the icon of its button.
STEPS = {
    AlarmStatus.ACTIVE: (ACKNOWLEDGE, CLEAR),
    AlarmStatus.ACKNOWLEDGED: (CLEAR, REACTIVATE),
    AlarmStatus.CLEARED: (REACTIVATE,),
}


@require_GET
def browse(request: AppRequest) -> HttpResponse:
    """The alarms that the URL's filter names, newest first: one tenant call."""
    form = AlarmFilter(request.GET)
    listing, status = fetch(form, lambda: form.query(request.c8y))
    context = {"actions": offered("alarms", request), **_changing(request)}
    return show(request, "alarms/browse.html", listing, context, status)


@require_GET
def detail(request: AppRequest, id: str) -> HttpResponse:
    """One alarm with all its fragments: one tenant call."""
    alarm = request.c8y.alarms.get(id)
    return page(request, "alarms/detail.html", {"alarm": alarm, **_changing(request)})


@require_POST
@guarded
def change(request: AppRequest, id: str) -> HttpResponse:
    """Give an alarm another status unless it left the one that the user saw.

    GET, then PUT /alarm/alarms/{id} with nothing but the status, when it differs.
    """
    form = StatusForm(request.POST)
    if not form.is_valid():
        raise BadRequest("A status to change from and one to change to are needed.")
    seen, wanted = form.cleaned_data["seen"], form.cleaned_data["status"]
    alarm = request.c8y.alarms.get(id)
    problem = ""
    if alarm.status not in (seen, wanted):
        problem = f"This alarm is {str(alarm.status).lower()} meanwhile; nothing was changed."
    elif alarm.status != wanted:
        alarm.status = wanted
        alarm.update()
    return _changed(request, alarm, problem)


def _changed(request: AppRequest, alarm: Alarm, problem: str) -> HttpResponse:
    if request.htmx:
        context = {"alarm": alarm, "problem": problem, **_changing(request)}
        return page(request, "alarms/row.html", context, 422 if problem else 200)
    if problem:
        messages.warning(request, problem)
    else:
        messages.success(request, f"The alarm is {str(alarm.status).lower()}.")
    return HttpResponseRedirect(request.back("alarms:detail", id=alarm.id))


def _changing(request: AppRequest) -> dict[str, object]:
    return {"steps": STEPS, "blocked": _blocked(request)}


def _blocked(request: AppRequest) -> str:
    """Why the user may change no alarm; who sees alarms by inventory roles alone may be allowed for some."""
    if not request.tenant.read_only and not request.person.may("ROLE_ALARM_READ"):
        return ""
    return request.blocked("ROLE_ALARM_ADMIN")
