"""The pages of an import: the file, what its columns mean, and what becomes of each row."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from c8yadmin.accounts.middleware import TenantRequest
from c8yadmin.accounts.rights import oversees
from c8yadmin.core.listing import Listing
from c8yadmin.core.page import page
from c8yadmin.core.paging import show
from c8yadmin.core.problems import Refusal
from c8yadmin.core.uploads import takes_files
from c8yadmin.imports import guessing, packing
from c8yadmin.imports.commas import MEANINGS, commas_of
from c8yadmin.imports.encodings import choices, fitting
from c8yadmin.imports.failed import count, failed_rows
from c8yadmin.imports.forms import MappingForm, RowFilter, UploadForm
from c8yadmin.imports.kinds import ImportKind, find_kind
from c8yadmin.imports.mapping import Mapping
from c8yadmin.imports.models import Upload
from c8yadmin.imports.reading import NotCsv
from c8yadmin.imports.submission import is_replaceable, order_of, start
from c8yadmin.jobs.pages.forms import OnceForm
from c8yadmin.ui.text import visible

LONGEST_NAME = 200
R = TypeVar("R", bound=HttpResponseBase)


def _kind(name: str) -> ImportKind:
    kind = find_kind(name)
    if kind is None:
        raise Http404("Nothing of this kind can be imported.")
    return kind


def _upload(request: TenantRequest, kind: ImportKind, id: uuid.UUID) -> Upload:
    found = Upload.objects.filter(tenant=request.tenant.slug, kind=kind.name, pk=id).select_related("job")
    if not oversees(request.person):
        found = found.filter(owner=request.person.name)
    upload = found.first()
    if upload is None:
        raise Http404("There is no such file any more, or your user may not see it.")
    return upload


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: TenantRequest, kind: str) -> HttpResponse:
    """GET asks for the file; POST reads it into the database. No tenant call."""
    into = _kind(kind)
    if request.method != "POST":
        return _ask(request, into, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if why := into.blocked(request):
        form.full_clean()
        form.add_error(None, why)
        return _ask(request, into, form, 403)
    if not form.is_valid():
        return _ask(request, into, form, 422)
    file: Any = form.cleaned_data["file"]
    upload = Upload(
        tenant=request.tenant.slug,
        owner=request.person.name,
        kind=into.name,
        name=visible(file.name or "file.csv", LONGEST_NAME - 1),
    )
    try:
        packing.store(file.file, upload)
    except NotCsv as error:
        form.add_error("file", str(error))
        return _ask(request, into, form, 422)
    return HttpResponseRedirect(request.link("imports:mapping", kind=into.name, id=upload.pk))


def _ask(request: TenantRequest, kind: ImportKind, form: UploadForm, status: int = 200) -> HttpResponse:
    context = {
        "kind": kind,
        "form": form,
        "blocked": kind.blocked(request),
        "largest": settings.LARGEST_UPLOAD,
    }
    return page(request, "imports/new.html", context, status)


@require_GET
def example(request: TenantRequest, kind: str) -> HttpResponse:
    """A small file to start from."""
    return _csv(HttpResponse("\ufeff" + _kind(kind).example.replace("\n", "\r\n")), f"{kind}-example.csv")


def _csv(response: R, name: str) -> R:
    response["Content-Type"] = "text/csv; charset=utf-8"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: TenantRequest, kind: str, id: uuid.UUID) -> HttpResponse:
    """GET shows the columns; POST has the rows checked, as a job that waits for its confirmation, or with
    `anew` shows them as they are in another encoding or with other commas.

    A file may be understood anew until its job was confirmed.
    """
    into = _kind(kind)
    upload = _upload(request, into, id)
    if not is_replaceable(upload):
        status = 409 if request.method == "POST" else 200
        return _map(request, into, upload, None, status=status)
    if request.method != "POST":
        form, kept = _form(into, upload)
        return _map(request, into, upload, form, kept=kept)
    _read_as(upload, request.POST.get("encoding", ""))
    return (_show_anew if "anew" in request.POST else _check)(request, into, upload)


def _form(kind: ImportKind, upload: Upload, data: Any = None) -> tuple[MappingForm, bool]:
    """The form of a file as it is understood at first, and whether those are the answers of the last time."""
    if "columns" in upload.mapping:
        shown, kept = Mapping.read(upload.header, upload.mapping), False
    else:
        shown, kept = guessing.mapping_for(kind, upload)
    return MappingForm(kind, upload, data, shown), kept


def _show_anew(request: TenantRequest, kind: ImportKind, upload: Upload) -> HttpResponse:
    """The columns once more; what the user has said of them stays."""
    said, _ = _form(kind, upload, request.POST)
    _read_as(upload, request.POST.get("read_as", ""))
    form, kept = _form(kind, upload)
    form.filled_as(said)
    if request.POST["anew"] == "commas" and (type := MEANINGS.get(request.POST.get("commas", ""))):
        form.choose(commas_of(kind, upload).places, type)
    return _map(request, kind, upload, form, kept=kept)


def _read_as(upload: Upload, encoding: str) -> None:
    """Read the file in `encoding` from now on, if all of it can be; unsaved. What was said of its columns
    stays when it was read so before."""
    if encoding != upload.mapping.get("encoding") and encoding in fitting(upload.foreign):
        upload.mapping = {"encoding": encoding}


def _check(request: TenantRequest, kind: ImportKind, upload: Upload) -> HttpResponse:
    form, once = MappingForm(kind, upload, request.POST), OnceForm(request.POST)
    if not form.is_valid() or not once.is_valid():
        return _map(request, kind, upload, form, status=422)
    if why := kind.blocked(request):
        form.add_error(None, why)
        return _map(request, kind, upload, form, status=403)
    key = once.cleaned_data["idem_key"]
    order = order_of(request.tenant, request.signin.lent(), request.person.name, upload, form.mapping, key)
    guessing.keep(kind, upload, form.mapping)
    try:
        job = start(upload, form.mapping, order)
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _map(request, kind, upload, form, status=refusal.problem.status, way=refusal.problem.way)
    return HttpResponseRedirect(request.link("jobs:detail", id=job.pk))


def _map(
    request: TenantRequest,
    kind: ImportKind,
    upload: Upload,
    form: MappingForm | None,
    *,
    kept: bool = False,
    status: int = 200,
    way: tuple[str, str] | None = None,
) -> HttpResponse:
    commas = commas_of(kind, upload)
    context = {
        "way": way,
        "kind": kind,
        "upload": upload,
        "form": form,
        "commas": commas,
        "meant": form.chosen(commas.places) if form else "",
        "kept": kept,
        "samples": packing.samples(upload),
        "encodings": choices(upload.foreign, upload.encoding),
        "paths": sorted({column.path for column in kind.known.values()}),
        "key": uuid.uuid4().hex,
        "blocked": kind.blocked(request),
    }
    return page(request, "imports/mapping.html", context, status)


@require_GET
def rows(request: TenantRequest, kind: str, id: uuid.UUID) -> HttpResponse:
    """What becomes of each row of a file; no tenant call."""
    into = _kind(kind)
    upload = _upload(request, into, id)
    form, counts = RowFilter(request.GET), packing.counts(upload)
    context = {"kind": into, "upload": upload, "failed": count(upload, counts)}
    if not form.is_valid():
        return show(request, "imports/rows.html", Listing(form, []), context, 400)
    name = form.cleaned_data["verdict"]
    found = packing.listed(upload, name, (form.page_number - 1) * form.page_size, form.page_size)
    total = counts[name] if name else sum(counts.values()) - counts["rows"]
    listing: Listing[Any] = Listing(form, found, total)
    status = 404 if listing.number > 1 and not listing.rows else 200
    return show(request, "imports/rows.html", listing, context, status)


@require_GET
def failed(request: TenantRequest, kind: str, id: uuid.UUID) -> HttpResponseBase:
    """The rows that were rejected or failed, to be corrected and uploaded again."""
    upload = _upload(request, _kind(kind), id)
    name = f"{upload.name.removesuffix('.csv')}-failed.csv"
    return _csv(StreamingHttpResponse(failed_rows(upload)), name)
