"""Attachments and versions of applications: the ZIP files that hold them."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from typing import Any

from sdk.sandbox import times
from sdk.sandbox.api.applications import (
    ADMIN,
    APPLICATION,
    READ,
    change,
    fetch_app,
    fetch_own,
    fetch_version,
    render,
)
from sdk.sandbox.call import Answer, Call, Json, Refusal, Routes, duplicate, invalid, not_found
from sdk.sandbox.documents import load
from sdk.sandbox.files import File, check_size, disposition, json_part, part, parts_of
from sdk.sandbox.store.applications import HOSTED, MICROSERVICE, App

routes = Routes("application")

BINARIES, BINARY = f"{APPLICATION}/binaries", f"{APPLICATION}/binaries/{{binaryId}}"
VERSIONS = f"{APPLICATION}/versions"
ZIP, MANIFEST, LARGEST_MANIFEST = "application/zip", "cumulocity.json", 1024 * 1024
LATEST, MOST_VERSIONS = "latest", 100
_LABEL = re.compile(r"[A-Za-z0-9.+-]+")


@routes.post(BINARIES, roles=ADMIN, consumes=("multipart/form-data",), produces="application", wide=True)
def upload(call: Call) -> Answer:
    app = fetch_own(call)
    sent = part(parts_of(call), "file")
    _check_content(app, sent)
    if app.kind == MICROSERVICE:
        change(call, app, {"manifest": _manifest(sent)})
    binary = _store(call, app, sent)
    if app.kind == HOSTED and not app.versions:
        app.document["activeVersionId"] = binary
    return Answer(render(call, app), 201)


def _check_content(app: App, sent: File) -> None:
    check_size(sent)
    needed = {MICROSERVICE: MANIFEST, HOSTED: "index.html"}.get(app.kind)
    if needed is None:
        raise invalid("An external application has no files.")
    try:
        with zipfile.ZipFile(BytesIO(sent.content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise invalid("The file is not a ZIP file.") from error
    if needed not in names:
        raise invalid(f"The ZIP file has no {needed} at its root.")


def _manifest(sent: File) -> Json:
    try:
        with zipfile.ZipFile(BytesIO(sent.content)) as archive, archive.open(MANIFEST) as file:
            found: Any = load(file.read(LARGEST_MANIFEST))
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
        RecursionError,
    ) as error:
        raise invalid(f"{MANIFEST} cannot be read.") from error
    if not isinstance(found, dict):
        raise invalid(f"{MANIFEST} must be a JSON object.")
    return found


def _store(call: Call, app: App, sent: File) -> str:
    binary = call.sandbox.applications.next_id()
    app.files[binary] = File(sent.name or f"{app.name}.zip", ZIP, sent.content)
    app.created[binary] = times.now()
    return binary


def _without_microservices(app: App) -> App:
    if app.kind == MICROSERVICE:
        raise invalid("The files of a microservice are not available.")
    return app


@routes.get(BINARIES, roles=ADMIN, produces="applicationbinaries", wide=True)
def list_binaries(call: Call) -> Answer:
    app = _without_microservices(fetch_app(call))
    return Answer({"attachments": [_attachment(call, app, binary) for binary in app.files]})


def _attachment(call: Call, app: App, binary: str) -> Json:
    file = app.files[binary]
    return {
        "id": binary, "name": file.name, "length": len(file.content), "created": app.created[binary],
        "contextPath": app.document.get("contextPath", ""),
        "description": app.document.get("description", ""),
        "downloadUrl": call.link("application", "applications", app.id, "binaries", binary),
    }  # fmt: skip


def _fetch_binary(app: App, call: Call) -> str:
    if call.path["binaryId"] not in app.files:
        raise not_found(f"Application '{app.id}' has no file '{call.path['binaryId']}'.")
    return call.path["binaryId"]


@routes.get(BINARY, roles=ADMIN, produces=ZIP, wide=True)
def get_binary(call: Call) -> Answer:
    app = _without_microservices(fetch_app(call))
    file = app.files[_fetch_binary(app, call)]
    return Answer(file.content, 200, ZIP, [disposition(file.name)])


@routes.delete(BINARY, roles=ADMIN, wide=True)
def delete_binary(call: Call) -> Answer:
    app = _without_microservices(fetch_own(call))
    binary = _fetch_binary(app, call)
    if binary == app.document.get("activeVersionId"):
        raise Refusal(409, "conflict", "The active version of an application cannot be deleted.")
    _discard(app, binary)
    app.versions = [found for found in app.versions if found["binaryId"] != binary]
    return Answer(status=204)


def _discard(app: App, binary: str) -> None:
    del app.files[binary], app.created[binary]


def _versioned(app: App) -> App:
    if app.kind != HOSTED:
        raise invalid("This application does not support versions.")
    return app


@routes.get(VERSIONS, roles=READ, produces="applicationVersionCollection|applicationVersion", wide=True)
def list_versions(call: Call) -> Answer:
    app = _versioned(fetch_app(call))
    if call.text("version") or call.text("tag"):
        return Answer(fetch_version(call, app), media="applicationVersion")
    return Answer({"versions": app.versions}, media="applicationVersionCollection")


@routes.post(
    VERSIONS, roles=ADMIN, consumes=("multipart/form-data",), produces="applicationVersion", wide=True
)
def create_version(call: Call) -> Answer:
    app = _versioned(fetch_own(call))
    parts = parts_of(call)
    described, sent = json_part(parts, "applicationVersion"), part(parts, "applicationBinary")
    version, tags = described.get("version"), described.get("tags", [])
    if not isinstance(version, str) or not _LABEL.fullmatch(version):
        raise invalid("'version' is required: letters, digits and . + - only.")
    _check_tags(app, tags, version)
    if any(found["version"] == version for found in app.versions) or len(app.versions) >= MOST_VERSIONS:
        raise duplicate(f"Version '{version}' exists already, or there are {MOST_VERSIONS}.")
    _check_content(app, sent)
    made: Json = {"version": version, "binaryId": _store(call, app, sent), "tag": []}
    app.versions.append(made)
    _tag(app, made, [*tags, LATEST] if len(app.versions) == 1 else tags)
    return Answer(made, 201)


def _check_tags(app: App, tags: object, version: str) -> None:
    if not isinstance(tags, list) or not all(isinstance(tag, str) and _LABEL.fullmatch(tag) for tag in tags):
        raise invalid("Tags are a list of texts with letters, digits and . + - only.")
    for found in app.versions:
        taken = (set(found["tag"]) & set(tags)) - {LATEST}
        if taken and found["version"] != version:
            raise duplicate(f"Tag '{min(taken)}' is used by version '{found['version']}'.")


def _tag(app: App, version: Json, tags: list[str]) -> None:
    """Set the tags of a version; the tag `latest` moves, and makes its version the active one."""
    version["tag"] = list(dict.fromkeys(tags))
    if LATEST in tags:
        for other in app.versions:
            if other is not version and LATEST in other["tag"]:
                other["tag"].remove(LATEST)
        app.document["activeVersionId"] = version["binaryId"]


@routes.put(
    f"{VERSIONS}/{{version}}",
    roles=ADMIN,
    consumes=("application/json",),
    produces="applicationVersion",
    wide=True,
)
def replace_tags(call: Call) -> Answer:
    app, version = _versioned(fetch_own(call)), call.path["version"]
    for found in app.versions:
        if found["version"] == version:
            tags = call.json.get("tags")
            _check_tags(app, tags, version)
            _tag(app, found, [*call.json["tags"], *([LATEST] if LATEST in found["tag"] else [])])
            return Answer(found, 201)
    raise not_found(f"Version '{version}' of application '{app.id}' was not found.")


@routes.delete(VERSIONS, roles=READ, wide=True)
def delete_version(call: Call) -> Answer:
    app = _versioned(fetch_own(call))
    found = fetch_version(call, app)
    if LATEST in found["tag"]:
        raise Refusal(409, "conflict", "The version with the tag latest cannot be removed.")
    app.versions.remove(found)
    _discard(app, found["binaryId"])
    return Answer(status=204)
