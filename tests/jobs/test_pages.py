"""The job pages, as an administrator uses them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from c8yadmin.jobs.models import Job
from sdk.sandbox import Sandbox
from tests.jobs.forms import fields
from tests.jobs.reading import figures
from tests.web.words import rows, words

SignIn = Callable[..., Client]
JOBS = "/t/acme/jobs/"
NEW = f"{JOBS}new/"


@pytest.fixture
def devices(sandbox: Sandbox) -> list[str]:
    """The ids of the devices of the tenant `acme`."""
    objects = sandbox.tenant("acme").inventory.objects
    return [id for id, found in objects.items() if "c8y_IsDevice" in found]


def order(browser: Client, ids: list[str], **typed: str) -> HttpResponse:
    """Fill in and send the form of a new `inventory.set` job."""
    query = {"action": "inventory.set", "target": "devices", "id": ids}
    hidden = fields(browser.get(NEW, query))
    return browser.post(NEW, hidden | {"fragment": "c8y_Note", "value": '{"text": "hi"}'} | typed)


def the_job() -> Job:
    return Job.objects.get()


def step(browser: Client, job: Job, name: str, **data: Any) -> HttpResponse:
    return browser.post(f"{JOBS}{job.pk}/{name}/", data)


def test_from_selected_devices_to_changed_devices(
    sign_in: SignIn, sandbox: Sandbox, devices: list[str]
) -> None:
    browser = sign_in()
    shown = browser.get(NEW, {"action": "inventory.set", "target": "devices", "id": devices[:3]})
    assert "3 selected devices" in words(shown)
    answer = order(browser, devices[:3])
    job = the_job()
    assert answer.status_code == 302
    assert answer["Location"] == f"{JOBS}{job.pk}/"

    ready = browser.get(answer["Location"])
    assert "Ready to confirm" in words(ready)
    assert '"text": "hi"' in words(ready)
    inventory = sandbox.tenant("acme").inventory.objects
    assert not any("c8y_Note" in inventory[id] for id in devices)

    done = browser.post(f"{JOBS}{job.pk}/confirm/", follow=True)
    assert "Completed" in words(done)
    assert all(inventory[id]["c8y_Note"] == {"text": "hi"} for id in devices[:3])
    assert not any("c8y_Note" in inventory[id] for id in devices[3:])


def test_all_that_a_filter_matches_is_counted_in_words(sign_in: SignIn, sandbox: Sandbox) -> None:
    objects = sandbox.tenant("acme").inventory.objects.values()
    kinds = [found["type"] for found in objects if "c8y_IsDevice" in found]
    query = {"action": "inventory.set", "target": "devices", "all": "1", "filter": f"type={kinds[0]}"}
    shown = sign_in().get(NEW, query)
    n = kinds.count(kinds[0])
    assert f"all {n} devices matching type = {kinds[0]}" in words(shown)


def test_invalid_json_says_where_and_keeps_what_was_typed(sign_in: SignIn, devices: list[str]) -> None:
    answer = order(sign_in(), devices[:1], value='{"text":\n  oops}')
    assert answer.status_code == 422
    assert "Line 2, column 3" in words(answer)
    assert "oops" in words(answer)
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "fragment", ["id", "self", "owner", "creationTime", "c8y_Availability", "", "a\u202eb"]
)
def test_what_the_tenant_keeps_itself_is_refused(sign_in: SignIn, devices: list[str], fragment: str) -> None:
    assert order(sign_in(), devices[:1], fragment=fragment).status_code == 422
    assert not Job.objects.exists()


def test_sending_the_form_twice_makes_one_job(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    query = {"action": "inventory.set", "target": "devices", "id": devices[:2]}
    form = fields(browser.get(NEW, query)) | {"fragment": "c8y_Note", "value": "1"}
    first, second = browser.post(NEW, form), browser.post(NEW, form)
    assert first["Location"] == second["Location"]
    assert Job.objects.count() == 1
    assert browser.post(NEW, form | {"value": "2"}).status_code == 409
    assert Job.objects.count() == 1


def test_nothing_selected_is_said_in_words(sign_in: SignIn) -> None:
    answer = sign_in().get(NEW, {"action": "inventory.set", "target": "devices"})
    assert answer.status_code == 422
    assert "Nothing is selected" in words(answer)


def test_a_filter_that_matches_nothing_offers_no_form(sign_in: SignIn) -> None:
    query = {"action": "inventory.set", "target": "devices", "all": "1", "filter": "type=none_such"}
    answer = sign_in().get(NEW, query)
    assert "No devices match" in words(answer)
    assert "Preview" not in words(answer)


def test_a_list_posts_the_rows_of_several_pages_and_gets_the_form(
    sign_in: SignIn, devices: list[str]
) -> None:
    browser = sign_in()
    hostile = '"><script>alert(1)</script>'
    asked = {"action": "inventory.set", "target": "devices"}
    page = browser.post(NEW, asked | {"id": devices[:3]})
    assert page.status_code == 200
    assert "3 selected devices" in words(page)
    assert not Job.objects.exists()
    sent = fields(page) | {"fragment": "c8y_Note", "value": "1"}
    assert browser.post(NEW, sent).status_code == 302
    assert Job.objects.get().target_spec == {"ids": devices[:3]}
    refused = browser.post(NEW, asked | {"id": [*devices[:3], hostile]})
    assert refused.status_code == 422
    assert b"<script>alert" not in refused.content
    too_many = browser.post(NEW, asked | {"id": [str(n) for n in range(1000)]})
    assert too_many.status_code == 413
    assert "This form is too large" in words(too_many)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"action": "no.such"}, 404),
        ({"target": "alarms"}, 400),
        ({"action": ""}, 400),
        ({"idem_key": "x" * 99}, 400),
        ({"idem_key": ""}, 400),
        ({"id": "\0"}, 422),
        ({"id": ""}, 422),
        ({"id": "1/../.."}, 422),
        ({"id": "1?x"}, 422),
        ({"id": "１"}, 422),
        ({"id": "9" * 21}, 422),
        ({"all": "1", "filter": "colour=red"}, 422),
        ({"all": "1", "filter": "q=%24orderby%3D("}, 422),
    ],
)
def test_tampered_hidden_fields_are_refused(
    sign_in: SignIn, devices: list[str], change: dict[str, str], status: int
) -> None:
    browser = sign_in()
    form = {"action": "inventory.set", "target": "devices", "id": devices[0], "idem_key": uuid.uuid4().hex}
    form |= {"fragment": "c8y_Note", "value": "1"} | change
    assert browser.post(NEW, form).status_code == status
    assert not Job.objects.exists()


def test_a_destructive_job_wants_its_count_typed(
    sign_in: SignIn, sandbox: Sandbox, devices: list[str]
) -> None:
    browser = sign_in()
    query = {"action": "inventory.remove", "target": "devices", "id": devices[:2]}
    hidden = fields(browser.get(NEW, query))
    browser.post(NEW, hidden | {"fragment": "c8y_Hardware"})
    job = the_job()
    wrong = step(browser, job, "confirm", count="3")
    assert wrong.status_code == 422
    assert "Type 2 to confirm" in words(wrong)
    assert step(browser, job, "confirm").status_code == 422
    assert step(browser, job, "confirm", count="2").status_code == 302
    assert figures(job) == {"state": "COMPLETED", "total": 2, "ok": 2}
    inventory = sandbox.tenant("acme").inventory.objects
    assert not any("c8y_Hardware" in inventory[id] for id in devices[:2])


def test_what_is_so_already_is_skipped_and_says_so(
    sign_in: SignIn, sandbox: Sandbox, devices: list[str]
) -> None:
    browser = sign_in()
    inventory = sandbox.tenant("acme").inventory
    inventory.objects[devices[0]]["c8y_Note"] = {"text": "hi"}
    order(browser, devices[:2])
    job = the_job()
    step(browser, job, "confirm")
    assert figures(job) == {"state": "COMPLETED", "total": 2, "ok": 1, "skipped": 1}
    shown = browser.get(f"{JOBS}{job.pk}/results/?outcome=SKIPPED")
    assert "It has this value already." in rows(shown)[0]


def test_failed_targets_show_the_tenants_words_and_are_retried(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    order(browser, [devices[0], "99999999"])
    job = the_job()
    done = browser.post(f"{JOBS}{job.pk}/confirm/", follow=True)
    assert "Retry 1 that failed" in words(done)
    failed = browser.get(f"{JOBS}{job.pk}/results/?outcome=FAILED")
    assert "99999999" in rows(failed)[0]
    assert "404" in rows(failed)[0]

    browser.post(f"{JOBS}{job.pk}/retry/")
    again = Job.objects.get(parent=job)
    assert (again.state, again.total) == ("READY", 1)
    assert "that failed before" in words(browser.get(f"{JOBS}{again.pk}/"))


def test_others_do_not_see_a_job_but_administrators_do(sign_in: SignIn, devices: list[str]) -> None:
    operator = sign_in("operator")
    order(operator, devices[:1])
    job = the_job()
    assert operator.get(f"{JOBS}{job.pk}/").status_code == 200
    assert sign_in("admin").get(f"{JOBS}{job.pk}/").status_code == 200
    stranger = sign_in("reader")
    for page in ("", "targets/", "results/", "log/"):
        assert stranger.get(f"{JOBS}{job.pk}/{page}").status_code == 404
    for name in ("confirm", "pause", "resume", "cancel", "retry"):
        assert step(stranger, job, name).status_code == 404
    assert "No jobs yet" in words(stranger.get(JOBS))
    assert sign_in("admin", "globex").get(f"/t/globex/jobs/{job.pk}/").status_code == 404


def test_nobody_confirms_a_job_that_works_with_anothers_sign_in(sign_in: SignIn, devices: list[str]) -> None:
    order(sign_in("operator"), devices[:1])
    job = the_job()
    answer = step(sign_in("admin"), job, "confirm")
    assert answer.status_code == 409
    assert "sign-in of operator" in words(answer)
    assert figures(job)["state"] == "READY"


def test_who_may_not_change_devices_is_told_why(sign_in: SignIn, devices: list[str]) -> None:
    answer = order(sign_in("reader"), devices[:1])
    assert answer.status_code == 403
    assert "ROLE_INVENTORY_ADMIN" in words(answer)
    assert not Job.objects.exists()


def test_a_confirmed_job_cannot_be_confirmed_again(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    order(browser, devices[:1])
    job = the_job()
    assert step(browser, job, "confirm").status_code == 302
    again = step(browser, job, "confirm")
    assert again.status_code == 409
    assert "The job is completed." in words(again)


def test_the_log_tells_every_step(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    order(browser, devices[:1])
    job = the_job()
    step(browser, job, "confirm")
    told = rows(browser.get(f"{JOBS}{job.pk}/log/"))
    assert [line for line in told if "Confirmed" in line and "admin" in line]
    assert "Completed" in told[-1]


def test_the_frozen_targets_are_listed_page_by_page(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    order(browser, devices[:30])
    url = f"{JOBS}{the_job().pk}/targets/"
    assert len(rows(browser.get(url))) == 25
    assert len(rows(browser.get(url, {"page": 2}))) == 5
    assert browser.get(url, {"page": 3}).status_code == 404
    assert browser.get(url, {"page": "x"}).status_code == 400


def test_the_list_of_jobs_is_filtered_by_its_url(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    order(browser, devices[:1])
    step(browser, the_job(), "confirm")
    order(browser, devices[:2], fragment="c8y_Other")
    assert len(rows(browser.get(JOBS))) == 2
    waiting = rows(browser.get(JOBS, {"state": "waiting"}))
    assert len(waiting) == 1
    assert "c8y_Other" in waiting[0]
    assert len(rows(browser.get(JOBS, {"text": "c8y_Note", "state": "completed"}))) == 1
    assert browser.get(JOBS, {"state": "none"}).status_code == 422
    assert browser.get(JOBS, {"page": "0"}).status_code == 400


def test_the_filter_by_action_tells_apart_what_is_done_to_what(sign_in: SignIn) -> None:
    page = sign_in().get(JOBS).content.decode()
    chosen = page.split('name="action"')[1].split("</select>")[0]
    offered = [label.strip() for label in re.findall(r"<option[^>]*>([^<]*)", chosen)]
    assert {"Import devices", "Import users", "Delete devices", "Enable users"} <= set(offered)
    assert [label for label in offered if " " not in label] == ["Any"]
    assert len(set(offered)) == len(offered)


def test_an_open_page_gets_figures_while_the_state_is_the_same_and_else_the_whole_panel(
    sign_in: SignIn, devices: list[str]
) -> None:
    browser = sign_in()
    order(browser, devices[:1])
    job = the_job()
    htmx = {"HX-Request": "true", "HX-Target": "progress"}
    url = f"{JOBS}{job.pk}/"
    same = browser.get(url, {"seen": str(job.version)}, headers=htmx)
    assert same.content.decode().lstrip().startswith('<div id="progress"')
    assert "HX-Retarget" not in same
    step(browser, job, "confirm")
    moved = browser.get(url, {"seen": str(job.version)}, headers=htmx)
    assert moved["HX-Retarget"] == "#panel"
    assert "The job is completed." in words(moved)
    assert moved.content.decode().lstrip().startswith('<div id="panel"')


def test_alarms_are_brought_into_one_status(sign_in: SignIn, sandbox: Sandbox) -> None:
    browser = sign_in()
    alarms = sandbox.tenant("acme").alarms
    ids = [alarm["id"] for alarm in alarms.newest()[:4]]
    already = sum(alarms[id]["status"] == "CLEARED" for id in ids)
    query = {"action": "alarms.status", "target": "alarms", "id": ids}
    hidden = fields(browser.get(NEW, query))
    browser.post(NEW, hidden | {"status": "CLEARED"})
    job = the_job()
    step(browser, job, "confirm")
    assert all(alarms[id]["status"] == "CLEARED" for id in ids)
    found = figures(job)
    assert (found["state"], found.get("skipped", 0)) == ("COMPLETED", already)


@pytest.mark.parametrize(("access", "n", "asks"), [("full", 1, False), ("guarded", 1, True)])
def test_a_guarded_tenant_wants_every_count_typed(
    sign_in: SignIn, devices: list[str], settings: Any, access: str, n: int, asks: bool
) -> None:
    settings.TENANTS = [settings.TENANTS[0] | {"access": access}]
    browser = sign_in()
    order(browser, devices[:n])
    job = the_job()
    assert ("Number of targets" in words(browser.get(f"{JOBS}{job.pk}/"))) is asks
    assert step(browser, job, "confirm").status_code == (422 if asks else 302)


def test_a_read_only_tenant_shows_jobs_and_takes_none(
    sign_in: SignIn, devices: list[str], settings: Any
) -> None:
    browser = sign_in()
    order(browser, devices[:1])
    settings.TENANTS = [settings.TENANTS[0] | {"access": "read-only"}]
    job = the_job()
    assert "connected read-only" in words(browser.get(f"{JOBS}{job.pk}/"))
    assert step(browser, job, "confirm").status_code == 403
    assert order(browser, devices[:1]).status_code == 403
    assert figures(job)["state"] == "READY"


def test_what_devices_write_never_becomes_markup(
    sign_in: SignIn, sandbox: Sandbox, devices: list[str]
) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    device = sandbox.tenant("acme").inventory.objects[devices[0]]
    device["name"] = evil
    device["c8y_Note"] = {evil: evil}
    browser = sign_in()
    order(browser, devices[:1], value=f'{{"{evil[:20]}": 1}}')
    job = the_job()
    sandbox.faults.add(f"/inventory/managedObjects/{devices[0]}", status=422, message=evil)
    step(browser, job, "confirm")
    for page in ("", "targets/", "results/", "log/"):
        html = browser.get(f"{JOBS}{job.pk}/{page}").content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html
    assert evil in words(browser.get(f"{JOBS}{job.pk}/results/"))


def test_after_a_refused_sign_in_the_owner_lends_the_present_one(
    sign_in: SignIn, sandbox: Sandbox, devices: list[str]
) -> None:
    browser = sign_in()
    order(browser, devices[:3])
    job = the_job()
    refused = sandbox.faults.add("/inventory/managedObjects/*", status=401, times=1)
    step(browser, job, "confirm")
    assert refused.hits == 1
    assert "Resume with my sign-in" in words(browser.get(f"{JOBS}{job.pk}/"))
    assert step(sign_in("operator"), job, "resume").status_code == 404
    assert step(browser, job, "resume").status_code == 302
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}
