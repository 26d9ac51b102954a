"""Jobs that were never confirmed stand in nobody's way: they are named, and discarded together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.states import State
from tests.imports.conftest import Importer
from tests.jobs.forms import fields
from tests.jobs.test_options import JOBS, confirm, order, ready
from tests.jobs.test_schedules import devices
from tests.web.words import words

__all__ = ["devices"]
SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
PAGE = f"{JOBS}unconfirmed/"
WAY = "Discard the 2 never confirmed"


@pytest.fixture
def full(sign_in: SignIn, devices: list[str], settings: Any) -> tuple[Any, list[Job]]:
    """The browser of `admin`, who may have three jobs: one waits for its stage, two are unconfirmed."""
    settings.JOBS_PER_USER = 3
    browser: Any = sign_in()
    jobs = [ready(browser, devices[:n]) for n in (3, 2, 1)]
    confirm(browser, jobs[0], stages="1")
    return browser, jobs


def send(browser: Any, page: Any) -> Any:
    """Press the button of the page."""
    return browser.post(PAGE, fields(page), follow=True)


def states() -> list[str]:
    return list(Job.objects.order_by("created_at").values_list("state", flat=True))


def test_whoever_has_too_many_is_led_to_those_that_were_never_confirmed(
    full: tuple[Any, list[Job]], devices: list[str]
) -> None:
    browser, _ = full
    refused = order(browser, devices[:1])
    assert refused.status_code == 429
    assert WAY in words(refused)
    assert f'href="{PAGE}"' in refused.content.decode()
    page = browser.get(PAGE)
    assert words(page).count("Set c8y_Note") == 2
    assert "2 jobs were discarded." in words(send(browser, page))
    assert states() == [State.PAUSED, State.CANCELED, State.CANCELED]
    assert order(browser, devices[:1]).status_code == 302


def test_a_retry_and_an_import_that_are_refused_lead_there_too(
    full: tuple[Any, list[Job]], settings: Any
) -> None:
    browser, jobs = full
    Job.objects.filter(pk=jobs[0].pk).update(state=State.COMPLETED_WITH_ERRORS)
    jobs[0].chunks.update(failed=1)
    settings.JOBS_PER_USER = 2
    refused = browser.post(f"{JOBS}{jobs[0].pk}/retry/")
    assert refused.status_code == 429
    assert WAY in words(refused)
    importer = Importer(browser, "inventory")
    answer = importer.map(importer.upload("serial,name\nSN-1,Pump\n"))
    assert answer.status_code == 429
    assert WAY in words(answer)


def test_what_is_confirmed_meanwhile_or_came_later_is_left_alone(
    full: tuple[Any, list[Job]], devices: list[str], settings: Any
) -> None:
    browser, jobs = full
    page = browser.get(PAGE)
    confirm(browser, jobs[1], stages="1")
    settings.JOBS_PER_USER = 9
    ready(browser, devices[:1])
    assert "One job was discarded." in words(send(browser, page))
    assert states() == [State.PAUSED, State.PAUSED, State.CANCELED, State.READY]
    assert "Nothing was discarded" in words(send(browser, page))


def test_nobody_discards_the_jobs_of_others(
    full: tuple[Any, list[Job]], sign_in: SignIn, devices: list[str]
) -> None:
    page = full[0].get(PAGE)
    stranger: Any = sign_in("operator")
    assert "No job waits for your confirmation" in words(stranger.get(PAGE))
    stranger.post(PAGE, {"job": fields(page)["job"], "csrfmiddlewaretoken": "x"})
    stranger.post(PAGE, {"job": ["nonsense", ""]})
    assert states() == [State.PAUSED, State.READY, State.READY]
    control.cancel(full[1][1], "admin")
    assert "Discard this one" in words(full[0].get(PAGE))
