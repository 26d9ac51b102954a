"""A large file is checked in turns; what earlier turns found out is not asked again, and not forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from c8yadmin.imports import packing
from c8yadmin.imports.models import Part
from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import enumeration
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.states import State
from tests.imports.conftest import Importer
from tests.jobs.conftest import no_workers
from tests.jobs.deaths import Killed, dies_at

__all__ = ["no_workers"]

ROWS = [f"SN-{n},Pump {n},{'x' if n == 8 else n}" for n in range(40)]
ROWS[13] = "SN-1,again,13"  # its first row is in another part
ROWS[27] = "SN-8,once,27"  # the first one was rejected: it is no object
ROWS[35] = "SN-27,twice"
FILE = "\n".join(["serial,name,my.number", *ROWS])
NUMBER = {"path_2": "my.number", "type_2": "number"}
TEXT = NUMBER | {"type_2": "text"}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight parts, seven chunks."""
    monkeypatch.setattr(packing, "ROWS", 5)
    monkeypatch.setattr(enumeration, "CHUNK_SIZE", 6)


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One entry for each turn of a preparation."""
    found: list[bool] = []
    prepare = engine.prepare
    monkeypatch.setattr(engine, "prepare", lambda id: found.append(True) or prepare(id))
    return found


def test_turns_come_to_the_same_as_one(
    importer: Callable[..., Importer], settings: Any, turns: list[bool]
) -> None:
    admin = importer()
    whole = admin.check(FILE, **NUMBER)
    assert len(turns) == 1
    settings.JOBS_SLOT_SECONDS = 0.0
    parted = admin.check(FILE, **NUMBER)
    assert len(turns) > 7
    assert admin.verdicts(parted) == admin.verdicts(whole) == {"rows": 40, "create": 37, "rejected": 3}
    assert admin.rejections(parted) == admin.rejections(whole)
    assert parted.total == Job.objects.get(pk=whole.pk).total == 37


def test_rows_are_checked_anew_when_their_columns_mean_something_else(
    importer: Callable[..., Importer], settings: Any
) -> None:
    settings.JOBS_SLOT_SECONDS = 0.0
    admin = importer()
    upload = admin.upload(FILE)
    admin.map(upload, **NUMBER)
    admin.map(upload, **TEXT)
    upload.refresh_from_db()
    assert upload.job is not None
    assert [("already" in why, "cells" in why) for why in admin.rejections(upload.job)] == [
        (True, False),
        (True, False),  # the row that is text now is an object, and cannot be one twice
        (False, True),
    ]


@pytest.mark.parametrize("write", [1, 2, 5, 8])
@pytest.mark.parametrize("after", [False, True])
def test_after_a_death_the_check_goes_on(
    importer: Callable[..., Importer],
    no_workers: None,
    monkeypatch: pytest.MonkeyPatch,
    write: int,
    after: bool,
) -> None:
    admin = importer()
    job = admin.check(FILE, **NUMBER)
    with monkeypatch.context() as dying:
        dying.setattr(packing, "judge", dies_at(write, packing.judge, after=after))
        with pytest.raises(Killed):
            engine.work(job.pk, "dying")
    assert Part.objects.exclude(verdicts=b"").count() == write - 1  # what was not committed is not there
    Job.objects.filter(state=State.PREPARING).update(lease_until=timezone.now() - timedelta(seconds=1))
    engine.work(job.pk, "survivor")
    assert admin.verdicts(job) == {"rows": 40, "create": 37, "rejected": 3}
