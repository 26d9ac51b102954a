"""From a preview back to its form, with what was typed into it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from c8yadmin.jobs.models import Job
from tests.jobs.forms import fields
from tests.jobs.lending import JOBS
from tests.web.words import words

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Any]
Devices = dict[str, dict[str, Any]]


def order(browser: Any, action: str, target: str, typed: dict[str, str], **scope: Any) -> Job:
    hidden = fields(browser.get(f"{JOBS}new/", {"action": action, "target": target} | scope))
    assert browser.post(f"{JOBS}new/", hidden | typed).status_code == 302
    return Job.objects.latest("created_at")


@pytest.mark.parametrize(
    ("action", "typed"),
    [
        (
            "inventory.set",
            {"fragment": "c8y_Note", "value": '{"text": "a \u201cb\u201d", "n": [1, 2.5, true]}'},
        ),
        ("inventory.set", {"fragment": "c8y_Word", "value": '"words"'}),
        ("inventory.merge", {"fragment": "c8y_Note", "value": '{"text": null}'}),
        ("inventory.remove", {"fragment": "c8y_Note"}),
        ("inventory.rename", {"pattern": "x {name}", "find": " ", "replace": ""}),
        ("inventory.delete", {"cascade": "on"}),
        ("operations.create", {"body": '{"description": "Restart", "c8y_Restart": {}}'}),
    ],
)
def test_the_form_comes_back_as_it_was_filled_in(
    sign_in: SignIn, devices: Devices, action: str, typed: dict[str, str]
) -> None:
    browser = sign_in()
    job = order(browser, action, "devices", typed, id=list(devices)[:2])
    link = re.search(r'href="([^"]*/change/)"', browser.get(f"{JOBS}{job.pk}/").content.decode())
    assert link
    form = browser.get(link[1])
    assert "2 selected devices" in words(form)
    assert browser.post(f"{JOBS}new/", fields(form) | shown(form)).status_code == 302
    again = Job.objects.latest("created_at")
    assert again.pk != job.pk
    assert (again.params, again.target_spec) == (job.params, job.target_spec)


def shown(answer: Any) -> dict[str, str]:
    """What stands in the visible fields of the page's job form."""
    form = answer.content.decode().split('class="form-stack"')[1].split("</form>")[0]
    found = {}
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        found[name] = unescape(text)
    for tag in re.findall(r"<input [^>]*>", form):
        told = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if told.get("type") == "text":
            found[told["name"]] = unescape(told.get("value", ""))
        elif told.get("type") == "checkbox" and " checked" in tag:
            found[told["name"]] = "on"
    return found


def test_a_filter_comes_back_as_the_same_filter(sign_in: SignIn, devices: Devices) -> None:
    browser = sign_in()
    job = order(browser, "users.disable", "users", {}, all="1", filter="state=enabled")
    form = browser.get(f"{JOBS}{job.pk}/change/")
    assert "users matching state = enabled" in words(form)
    assert fields(form)["filter"] == ["state=enabled"]


def test_a_job_that_came_from_no_form_leads_to_none(sign_in: SignIn, devices: Devices) -> None:
    browser = sign_in()
    typed = {"fragment": "c8y_Note", "value": "1"}
    job = order(browser, "inventory.set", "devices", typed, id=list(devices)[:2])
    Job.objects.filter(pk=job.pk).update(target_spec={"query": "name eq x"})
    assert "/change/" not in browser.get(f"{JOBS}{job.pk}/").content.decode()
    assert browser.get(f"{JOBS}{job.pk}/change/").status_code == 404


def test_nobody_reads_what_others_have_typed(sign_in: SignIn, devices: Devices) -> None:
    typed = {"fragment": "c8y_Note", "value": "1"}
    job = order(sign_in(), "inventory.set", "devices", typed, id=list(devices)[:2])
    assert sign_in("operator").get(f"{JOBS}{job.pk}/change/").status_code == 404
