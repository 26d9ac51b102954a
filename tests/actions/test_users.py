"""Users enabled and disabled, and their global roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse

from c8yadmin.jobs.models import Job
from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.actions.conftest import Bulk, reasons
from tests.web.words import words

At = Callable[..., Bulk]
USERS = "/t/acme/users/"


def members(acme: Tenant, role: str) -> set[str]:
    found: set[str] = next(group["users"] for group in acme.groups.values() if group["name"] == role)
    return found


def people(acme: Tenant) -> dict[str, dict[str, Any]]:
    return {name: user for name, user in acme.users.items() if not name.startswith(("device_", "service"))}


def test_users_are_disabled_but_never_oneself(bulk: At, acme: Tenant) -> None:
    browser = bulk("users")
    job = browser.prepare("users.disable", ["reader", "operator", "admin"])
    shown = words(browser.page(job))
    assert "enabled true false" in shown
    assert "The job works as this user" in shown
    acme.users["operator"]["enabled"] = False  # by somebody else, meanwhile
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 3, "ok": 1, "skipped": 2}
    assert [acme.users[name]["enabled"] for name in ("reader", "operator", "admin")] == [False, False, True]
    assert reasons() == {
        "It is disabled already.",
        "The job works as this user: nobody else might be there to enable it again.",
    }


def test_disabling_users_wants_their_number_typed(bulk: At, acme: Tenant) -> None:
    browser = bulk("users")
    job = browser.prepare("users.disable", ["reader", "operator"])
    assert "Type 2 to confirm" in words(browser.page(job))
    assert browser.browser.post(f"/t/acme/jobs/{job.pk}/confirm/").status_code == 422
    assert acme.users["reader"]["enabled"]
    again = browser.confirm(job)
    assert again == {"state": "COMPLETED", "total": 2, "ok": 2}


def test_that_oneself_is_left_out_is_said_before_anything_is_confirmed(bulk: At, acme: Tenant) -> None:
    told = "Whoever orders this is left out: nobody else might be there to enable them again."
    browser = bulk("users")
    assert told in words(browser.form("users.disable", all="1", filter=""))
    job = browser.prepare("users.disable", all="1", filter="")
    assert told in words(browser.page(job))
    assert told not in words(browser.form("users.enable", ["reader"]))
    taken = browser.prepare("users.role.remove", ["reader"], typed={"role": "readers"})
    assert "Whoever orders this is left out: another administrator has to" in words(browser.page(taken))


def test_jobs_that_disable_other_users_have_other_titles(bulk: At, acme: Tenant) -> None:
    browser = bulk("users")
    titles = [
        browser.prepare("users.disable", ["reader", "operator"]).summary,
        browser.prepare("users.disable", ["reader"]).summary,
        browser.prepare("users.disable", all="1", filter="state=enabled").summary,
        browser.prepare("users.disable", all="1", filter="").summary,
    ]
    assert titles == [
        "Disable: 2 users",
        "Disable: 1 user",
        "Disable: users matching state = enabled",
        "Disable: all users",
    ]


def test_a_title_is_bounded_whatever_the_filter_and_says_the_targets_once(bulk: At, acme: Tenant) -> None:
    found = [id for id, one in acme.inventory.objects.items() if "c8y_IsDevice" in one]
    long = "+or+".join(f"id+eq+{id}" for id in found[:20])
    job = bulk("devices").prepare("inventory.delete", all="1", filter=f"q={long}")
    assert job.summary.startswith("Delete: devices matching")
    assert job.summary.endswith("…")
    assert len(job.summary) < 150
    users = bulk("users")
    few = users.prepare("users.disable", ["reader", "operator"])
    assert "Disable : 2 selected users ." in words(users.page(few))


def test_a_revert_names_what_the_reverted_job_was_about(bulk: At, acme: Tenant) -> None:
    browser = bulk("users")
    job = browser.prepare("users.disable", ["reader", "operator"])
    browser.confirm(job)
    assert browser.revert(job).summary == "Revert: Disable: 2 users"


def test_all_users_in_one_state_are_enabled_and_nobody_else_is_touched(bulk: At, acme: Tenant) -> None:
    disabled = {name for name, user in people(acme).items() if not user["enabled"]}
    assert disabled
    browser = bulk("users")
    scope = {"all": "1", "filter": "state=disabled"}
    assert f"all {len(disabled)} users matching state = disabled" in words(
        browser.form("users.enable", **scope)
    )
    n = len(disabled)
    assert browser.run("users.enable", **scope) == {"state": "COMPLETED", "total": n, "ok": n}
    assert all(user["enabled"] for user in people(acme).values())


def test_users_of_a_global_role_are_found_by_the_lists_filter(bulk: At, acme: Tenant) -> None:
    number = next(number for number, group in acme.groups.items() if group["name"] == "readers")
    found = bulk("users").run("users.disable", all="1", filter=f"group={number}")
    assert found["total"] == len(members(acme, "readers"))
    assert not any(acme.users[name]["enabled"] for name in members(acme, "readers"))


@pytest.mark.parametrize("written", ["{name}", "{id}", "{name} #{id}"])
def test_a_global_role_named_in_any_way_is_given(bulk: At, acme: Tenant, written: str) -> None:
    name = "Shift <b>leaders</b> & co"
    number = next(number for number, group in acme.groups.items() if group["name"] == name)
    members(acme, name).add("operator")
    members(acme, name).discard("reader")
    typed = {"role": written.format(name=name, id=number)}
    browser = bulk("users")
    job = browser.prepare("users.role.add", ["reader", "operator"], typed=typed)
    shown = words(browser.page(job))
    assert f"Add the global role “{name}” : 2 selected users" in shown
    assert "Nothing changes" in shown
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 2, "ok": 1, "skipped": 1}
    assert {"reader", "operator"} <= members(acme, name)
    assert reasons() == {"It has this global role already."}


def test_a_global_role_is_taken_but_never_from_oneself(bulk: At, acme: Tenant) -> None:
    assert {"admin", "tfa"} <= members(acme, "admins")
    browser = bulk("users")
    job = browser.prepare("users.role.remove", ["tfa", "admin", "reader"], typed={"role": "admins"})
    assert "global role “admins” held removed" in words(browser.page(job))
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 3, "ok": 1, "skipped": 2}
    assert members(acme, "admins") & {"admin", "tfa", "reader"} == {"admin"}
    assert "It does not have this global role." in reasons()
    assert any("another administrator has to take" in reason for reason in reasons())


def test_a_global_role_that_does_not_exist_is_refused_beside_its_field(bulk: At) -> None:
    for text, why in {
        "": "Fill this in.",
        "kings": "There is no global role “kings”.",
        "99": "no global role",
    }.items():
        answer = bulk("users").send("users.role.add", ["reader"], typed={"role": text})
        assert answer.status_code == 422
        assert why in words(answer)
    assert not Job.objects.exists()


def test_a_call_whose_answer_was_lost_counts_as_done(bulk: At, acme: Tenant, sandbox: Sandbox) -> None:
    names = [name for name in people(acme) if name not in members(acme, "readers")][:4]
    browser = bulk("users")
    job = browser.prepare("users.role.add", names, typed={"role": "readers"})
    sandbox.faults.add("/user/acme/groups/*", method="POST", cut="after", times=2)
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 4, "ok": 4}
    assert set(names) <= members(acme, "readers")


def test_the_list_offers_the_actions_and_tells_a_reader_what_is_missing(bulk: At) -> None:
    page = words(bulk("users", user="reader").browser.get(USERS))
    assert "Disable , not available: Needs ROLE_USER_MANAGEMENT_ADMIN" in page
    assert "Select all rows of this page" in page


def test_names_of_global_roles_are_suggested(bulk: At, acme: Tenant) -> None:
    browser = bulk("users").browser
    htmx = {"HX-Request": "true", "HX-Target": "role_names"}
    answer: HttpResponse = browser.get(f"{USERS}roles/names/", {"role": "READ"}, headers=htmx)
    page = answer.content.decode()
    assert page.startswith('<datalist id="role_names"')
    assert page.count("<option") == 1
    assert 'value="readers #' in page
    assert browser.get(f"{USERS}roles/names/").status_code == 302
