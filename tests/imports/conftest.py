"""Imports as an administrator does them: a file, its columns, the checked rows, the confirmed job."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from c8yadmin.imports.models import Upload
from c8yadmin.jobs.models import Job
from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.jobs.reading import figures

IMPORT = "/t/acme/import/"


def inputs(answer: Any) -> dict[str, str]:
    """What the page's form for the columns would send as it stands."""
    text = answer.content.decode().split('class="import-form"')[1].split("</form>")[0]
    found = {
        name: unescape(value)
        for tag in re.findall(r"<input [^>]*>", text)
        for name, value in [_input(tag)]
        if name and (" checked" in tag or not ('type="checkbox"' in tag or 'type="radio"' in tag))
    }
    for name, options in re.findall(r'<select [^>]*?name="(\w+)".*?>(.*?)</select>', text, re.DOTALL):
        chosen = re.search(r'value="([^"]*)"\s+selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def _input(tag: str) -> tuple[str, str]:
    name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
    return name[1] if name else "", value[1] if value else "on" if 'type="checkbox"' in tag else ""


class Importer:
    """One user who imports files of one kind."""

    def __init__(self, browser: Client, kind: str) -> None:
        self.browser: Any = browser
        self.kind = kind
        self.address = f"{IMPORT}{kind}/"

    def send(self, content: bytes | str, name: str = "devices.csv") -> Any:
        """The answer to an uploaded file."""
        raw = content if isinstance(content, bytes) else content.encode()
        return self.browser.post(self.address, {"file": SimpleUploadedFile(name, raw, "text/csv")})

    def upload(self, content: bytes | str, name: str = "devices.csv") -> Upload:
        """The file as it was read."""
        answer = self.send(content, name)
        assert answer.status_code == 302, answer.content.decode()
        return Upload.objects.get(pk=answer["Location"].split("/")[-2])

    def columns(self, upload: Upload) -> Any:
        return self.browser.get(f"{self.address}{upload.pk}/")

    def map(self, upload: Upload, **changes: Any) -> Any:
        """The answer to the form for the columns, with `changes`."""
        form = inputs(self.columns(upload)) | {name: str(value) for name, value in changes.items()}
        return self.browser.post(f"{self.address}{upload.pk}/", form)

    def check(self, content: bytes | str, **changes: Any) -> Job:
        """The job that has checked the rows and waits for its confirmation."""
        answer = self.map(self.upload(content), **changes)
        assert answer.status_code == 302, answer.content.decode()
        return Job.objects.get(pk=answer["Location"].split("/")[-2])

    def page(self, job: Job) -> str:
        text: str = self.browser.get(f"/t/acme/jobs/{job.pk}/").content.decode()
        return text

    def confirm(self, job: Job) -> dict[str, Any]:
        """How the job ended."""
        answer = self.browser.post(f"/t/acme/jobs/{job.pk}/confirm/", {"count": str(job.total)})
        assert answer.status_code == 302, answer.content.decode()
        return figures(job)

    def run(self, content: bytes | str, **changes: Any) -> dict[str, Any]:
        """How the job of a file ended, once it was confirmed."""
        return self.confirm(self.check(content, **changes))

    def verdicts(self, job: Job) -> dict[str, int]:
        """How many rows would be created, changed, left alone and rejected, without those that are none."""
        stats = re.findall(r'stat-label">(\w+)</span><span class="stat-value">([\d,]+)<', self.page(job))
        return {name.lower(): int(n.replace(",", "")) for name, n in stats if n != "0"}

    def rejections(self, job: Job) -> list[str]:
        """Why rows were rejected, as the file of failed rows says it."""
        text = self.failed(job).lstrip("\ufeff")
        return [line.rsplit("Row ", 1)[1].rstrip('"') for line in text.splitlines()[1:]]

    def rows(self, job: Job) -> str:
        """The page of the file's rows."""
        text: str = self.browser.get(f"{self.address}{job.params['upload']}/rows/").content.decode()
        return text

    def failed(self, job: Job) -> str:
        """The file of failed rows."""
        answer = self.browser.get(f"{self.address}{job.params['upload']}/failed.csv")
        assert answer.status_code == 200
        return b"".join(answer.streaming_content).decode()


@pytest.fixture
def importer(sign_in: Callable[..., Client], settings: Any) -> Callable[..., Importer]:
    """`importer()`, `importer("users", user="reader")`."""
    settings.JOBS_COMMIT_SECONDS = 0.1

    def of(kind: str = "inventory", user: str = "admin") -> Importer:
        return Importer(sign_in(user), kind)

    return of


@pytest.fixture
def acme(sandbox: Sandbox) -> Tenant:
    return sandbox.tenant("acme")


@pytest.fixture
def by_serial(acme: Tenant) -> Callable[[str], dict[str, Any]]:
    """The object with an external id of the type c8y_Serial."""

    def find(serial: str) -> dict[str, Any]:
        found: dict[str, Any] = acme.inventory.objects[acme.identities["c8y_Serial", serial]]
        return found

    return find
