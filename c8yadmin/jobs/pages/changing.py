"""Back from a preview to the form that it came from."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from c8yadmin.accounts.middleware import TenantRequest
from c8yadmin.jobs.authority.rights import seen_job
from c8yadmin.jobs.pages.ordering import offer
from c8yadmin.jobs.pages.origin import origin


@require_safe
def change(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """The form as it was filled in, for another job about the same targets; at most one tenant call."""
    made = origin(seen_job(request, id))
    if made is None:
        raise Http404("There is no form that this job could have come from.")
    return offer(request, made.action, made.kind, made.data, made.typed)
