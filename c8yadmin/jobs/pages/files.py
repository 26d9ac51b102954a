"""Lists as files: small ones at once, large ones by a job whose file is fetched when it is done."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from c8yadmin.accounts.middleware import TenantRequest, leaves_tenant_alone
from c8yadmin.core.downloads import stored
from c8yadmin.core.page import page
from c8yadmin.core.sheets import file_name
from c8yadmin.jobs.authority.rights import seen_job
from c8yadmin.jobs.exports import parts
from c8yadmin.jobs.exports.columns import Sheet
from c8yadmin.jobs.exports.exporting import Export, ExportForm, encoded, write
from c8yadmin.jobs.models import ExportFile
from c8yadmin.jobs.orders import scopes
from c8yadmin.jobs.pages.ordering import offer
from c8yadmin.jobs.registry import TargetKind, actions, find_target, first_error
from sdk import CumulocityClient

IN_MEMORY = 2_000_000  # bytes of a small file


@leaves_tenant_alone
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: TenantRequest) -> HttpResponseBase:
    """The selected rows of a list, or all that its filter matches, as a file; what is more than
    `C8YADMIN_EXPORT_ROWS_AT_ONCE` leads to the form of a job. As many tenant calls as the rows take.

    A list asks by POST where it selects more rows than an address holds.
    """
    data = request.POST if request.method == "POST" else request.GET
    form = ExportForm(data)
    if not form.is_valid():
        raise BadRequest(first_error(form))
    action, kind, sheet = _exported(data.get("target", ""))
    format = form.cleaned_data["format"]
    try:
        spec = _spec(kind, data)
        found = _found(request.c8y, kind, sheet, spec)
        most = settings.EXPORT_ROWS_AT_ONCE
        lines = [encoded(sheet, format, one) for one in islice(found, most + 1)]
    except scopes.WrongScope as wrong:
        return page(
            request, "jobs/nothing.html", {"action": action, "kind": kind, "problem": str(wrong)}, 422
        )
    if len(lines) > most:
        return _by_job(request, action, kind, spec, format)
    file = cast(IO[bytes], SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115  # the answer closes it
    write(file, sheet, format, lines)
    file.seek(0)
    return stored(file, named(request.tenant.slug, kind.label[1], format))


def _exported(target: str) -> tuple[Export, TargetKind, Sheet]:
    kind = find_target(target)
    action = next((one for one in actions() if isinstance(one, Export) and one.target == target), None)
    if action is None or kind is None or kind.sheet is None:
        raise Http404("There is no such list to export.")
    return action, kind, kind.sheet


def _spec(kind: TargetKind, data: QueryDict) -> scopes.Spec:
    """The rows that are selected; without any, all that match."""
    if data.getlist("id") and not data.get("all"):
        return scopes.selected(kind, data.getlist("id"))
    return scopes.filtered(kind, data.get("filter", ""))


def _found(c8y: CumulocityClient, kind: TargetKind, sheet: Sheet, spec: scopes.Spec) -> Iterable[Any]:
    if "ids" in spec:
        return _selected(c8y, sheet, spec["ids"])
    try:
        return sheet.first(c8y, scopes.filter_form(kind, spec["filter"]), settings.EXPORT_ROWS_AT_ONCE + 1)
    except ValidationError as error:  # what only the tenant can know, such as the name of a group
        raise scopes.WrongScope(" ".join(error.messages)) from error


def _selected(c8y: CumulocityClient, sheet: Sheet, ids: list[str]) -> Iterator[Any]:
    for start in range(0, len(ids), sheet.at_once):
        batch = ids[start : start + sheet.at_once]
        read = {str(one.id): one for one in sheet.read(c8y, batch)}
        yield from (read[id] for id in batch if id in read)


def _by_job(
    request: TenantRequest, action: Export, kind: TargetKind, spec: scopes.Spec, format: str
) -> HttpResponseBase:
    scope = {"id": spec["ids"]} if "ids" in spec else {"all": "1", "filter": spec["filter"]}
    asked = {"action": action.name, "target": kind.name, "format": format} | scope
    query = urlencode(asked, doseq=True)
    if request.method == "POST":
        return offer(request, action, kind, QueryDict(query))
    return HttpResponseRedirect(f"{request.link('jobs:new')}?{query}")


@require_safe
def download(request: TenantRequest, id: uuid.UUID) -> HttpResponseBase:
    """The file of an export, for the user who asked for it; no tenant call."""
    job = seen_job(request, id)
    found = ExportFile.objects.filter(job=job, job__owner=request.person.name).first()
    if found is None:
        raise Http404("There is no such file, or it is somebody else’s.")
    try:
        return stored(opened(found), named(job.tenant, job.target_kind, found.format))
    except FileNotFoundError as error:
        raise Http404(str(error)) from error


def opened(found: ExportFile) -> IO[bytes]:
    """The file, to be read. Raises FileNotFoundError with a sentence when it is removed or elsewhere."""
    if not found.name:
        raise FileNotFoundError("The file was removed when its time was over. Export again.")
    try:
        return (parts.home() / found.name).open("rb")
    except FileNotFoundError:
        words = "The file is not on this machine: all machines must share one folder for exports."
        raise FileNotFoundError(words) from None


def named(tenant: str, what: str, format: str) -> str:
    """What the file is called where it is saved."""
    return file_name(tenant, what, f"{timezone.now():%Y-%m-%d-%H%M}", suffix=format)
