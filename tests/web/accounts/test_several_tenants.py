"""Several tenants side by side in one browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from c8yadmin.accounts.models import SignIn
from c8yadmin.jobs.authority.credentials import keep
from c8yadmin.jobs.authority.hearing import topics_for
from c8yadmin.jobs.models import Job
from sdk.sandbox import Sandbox

pytestmark = pytest.mark.django_db
SignInto = Callable[..., Client]


def test_two_tenants_are_open_at_once_each_with_its_own_user(sign_in: SignInto) -> None:
    browser = sign_in("admin", "acme")
    sign_in("reader", "globex", browser)
    assert browser.get("/t/acme/").status_code == 302
    assert browser.get("/t/globex/").status_code == 302
    page = browser.get("/").content.decode()
    assert "Ada Adminson" in page
    assert "Rhea Reader" in page
    assert "Administrator" in page
    assert "Reads only" in page


def test_a_sign_in_to_one_tenant_opens_no_other(sign_in: SignInto) -> None:
    answer = sign_in("admin", "acme").get("/t/globex/users/")
    assert answer["Location"] == "/sign-in/?tenant=globex&next=%2Ft%2Fglobex%2Fusers%2F"


def test_another_browser_is_not_signed_in(sign_in: SignInto) -> None:
    sign_in("admin", "acme")
    assert Client().get("/t/acme/")["Location"].startswith("/sign-in/")


def test_another_user_takes_the_place_and_the_old_token_ends(sandbox: Sandbox, sign_in: SignInto) -> None:
    browser = sign_in("admin", "acme")
    sign_in("reader", "acme", browser)
    assert SignIn.objects.get().username == "reader"
    assert sandbox.tenant("acme").sessions["admin"] == []


def test_one_tenant_needs_no_overview(sign_in: SignInto) -> None:
    assert sign_in("admin", "globex").get("/")["Location"] == "/t/globex/"
    assert Client().get("/")["Location"] == "/sign-in/"


def test_signing_out_of_one_keeps_the_other(sandbox: Sandbox, sign_in: SignInto) -> None:
    browser = sign_in("admin", "acme")
    sign_in("admin", "globex", browser)
    assert browser.post("/t/acme/sign-out/")["Location"] == "/"
    assert "You are signed out of Acme." in browser.get("/sign-in/").content.decode()
    assert browser.get("/t/acme/")["Location"].startswith("/sign-in/")
    assert browser.get("/t/globex/")["Location"] == "/t/globex/devices/"
    assert sandbox.tenant("acme").sessions["admin"] == []
    assert len(sandbox.tenant("globex").sessions["admin"]) == 1


def test_signing_out_of_all_leaves_nothing(sandbox: Sandbox, sign_in: SignInto) -> None:
    browser = sign_in("admin", "acme")
    sign_in("admin", "globex", browser)
    answer = browser.post("/t/acme/sign-out/", {"all": "1"})
    assert answer["Clear-Site-Data"] == '"cache"'
    assert not SignIn.objects.exists()
    assert browser.get("/")["Location"] == "/sign-in/"
    assert "You are signed out of Acme and Globex." in browser.get("/sign-in/").content.decode()
    assert sandbox.tenant("globex").sessions["admin"] == []


def test_a_token_that_a_job_works_with_outlives_the_sign_out(sandbox: Sandbox, sign_in: SignInto) -> None:
    browser = sign_in("admin", "acme")
    job = Job.objects.create(tenant="acme", owner="admin", tenant_id="acme")
    keep(job, SignIn.objects.get().credential())
    browser.post("/t/acme/sign-out/")
    assert browser.get("/t/acme/")["Location"].startswith("/sign-in/")
    assert len(sandbox.tenant("acme").sessions["admin"]) == 1


def test_a_tenant_that_cannot_be_told_does_not_keep_anybody_signed_in(
    sandbox: Sandbox, sign_in: SignInto
) -> None:
    browser = sign_in("admin", "acme")
    sandbox.faults.add("/user/logout", status=500)
    assert browser.post("/t/acme/sign-out/").status_code == 302
    assert not SignIn.objects.exists()


def test_signing_out_happens_by_post_only(sign_in: SignInto) -> None:
    browser = sign_in("admin", "acme")
    assert browser.get("/t/acme/sign-out/").status_code == 405
    assert browser.get("/t/acme/").status_code == 302


def test_a_stream_hears_only_what_its_session_may(sign_in: SignInto) -> None:
    browser = sign_in("admin", "acme")
    sign_in("reader", "globex", browser)
    key = browser.cookies["c8yadmin"].value
    assert topics_for(key, "acme") == ["acme/admin", "acme/*admins"]
    assert topics_for(key, "globex") == ["globex/reader"]
    assert topics_for(key, "initech") is None
    assert topics_for("planted", "acme") is None
    browser.post("/t/acme/sign-out/")
    assert topics_for(key, "acme") is None
    assert topics_for(key, "globex") == ["globex/reader"]
