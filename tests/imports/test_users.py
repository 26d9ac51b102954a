"""Users from a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from c8yadmin.jobs.models import ItemResult
from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.imports.conftest import Importer

pytestmark = pytest.mark.django_db
Start = Callable[..., Importer]
USERS = "/user/*"
FILE = (
    "userName,email,First name,phone,enabled,customProperties.hall\n"
    "ada,ada@example.com,Ada,+49 1,true,3\noperator,,Ottilie,,,\n"
)


def test_users_are_created_and_changed(importer: Start, acme: Tenant) -> None:
    admin = importer("users")
    job = admin.check(FILE)
    assert admin.verdicts(job) == {"rows": 2, "create": 1, "change": 1}
    assert admin.confirm(job) == {"state": "COMPLETED", "total": 2, "ok": 2}
    made = acme.users["ada"]
    assert {name: made[name] for name in ("email", "firstName", "phone", "enabled")} == {
        "email": "ada@example.com",
        "firstName": "Ada",
        "phone": "+49 1",
        "enabled": True,
    }
    assert made["customProperties"] == {"hall": 3}
    assert made["shouldResetPassword"]  # chosen by mail: no file holds a password
    assert acme.users["operator"]["firstName"] == "Ottilie"
    assert admin.verdicts(admin.check(FILE)) == {"rows": 2, "unchanged": 2}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("bob,,Bob,,,", "A new user needs an e-mail address"),
        ("b b,b@example.com,Bob,,,", "userName: A user name has no blanks, slashes"),
        ("ADA,b@example.com,Bob,,,", "userName: “ADA” stands in row 2 already."),
        (",b@example.com,Bob,,,", "userName: The cell is empty"),
        ("bob,b@example.com,Bob,,perhaps,", "enabled: “perhaps” is neither true nor false."),
    ],
)
def test_a_user_who_cannot_be_imported_is_rejected_with_the_reason(
    importer: Start, row: str, why: str
) -> None:
    admin = importer("users")
    job = admin.check(FILE + row + "\n")
    assert admin.verdicts(job)["rejected"] == 1
    assert why in admin.rejections(job)[0]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"path_1": "password"}, "“password” is nothing of a user that can be imported"),
        ({"path_1": "roles"}, "is nothing of a user that can be imported"),
        ({"type_2": "number"}, "firstName is a text."),
        ({"path_2": "enabled", "path_4": ""}, "enabled is true or false."),
        ({"key_column": ""}, "Say in which column it stands."),
    ],
)
def test_only_what_a_user_has_can_be_imported(importer: Start, changes: dict[str, Any], why: str) -> None:
    admin = importer("users")
    answer = admin.map(admin.upload(FILE), **changes)
    assert answer.status_code == 422
    assert why in answer.content.decode()


@pytest.mark.parametrize("fault", [{"cut": "after"}, {"cut": "before"}, {"status": 502}], ids=str)
def test_a_lost_answer_makes_no_second_call_where_the_first_arrived(
    importer: Start, acme: Tenant, sandbox: Sandbox, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("c8yadmin.jobs.execution.attempts.SETTLING", 0.02)
    admin = importer("users")
    job = admin.check(FILE)
    sandbox.faults.add("/user/acme/users", method="POST", times=2, **fault)
    assert admin.confirm(job) == {"state": "COMPLETED", "total": 2, "ok": 2}
    assert "ada" in acme.users


def test_a_user_whom_somebody_else_created_meanwhile_is_left_alone(
    importer: Start, acme: Tenant, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("c8yadmin.jobs.execution.attempts.SETTLING", 0.02)
    admin = importer("users")
    job = admin.check(FILE)
    acme.users["ada"] = {**acme.users["operator"], "userName": "ada", "email": "other@example.com"}
    sandbox.faults.add("/user/acme/users", method="POST", cut="before", times=2)
    assert admin.confirm(job)["failed"] == 1
    assert set(ItemResult.objects.values_list("message", flat=True)) == {
        "A user of this name exists by now, with other values."
    }
    assert acme.users["ada"]["email"] == "other@example.com"
