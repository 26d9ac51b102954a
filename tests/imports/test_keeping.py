"""How long rows are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from c8yadmin.imports.models import Part, Upload
from c8yadmin.imports.tasks import purge
from tests.imports.conftest import Importer

pytestmark = pytest.mark.django_db
Start = Callable[..., Importer]


def age(**of: float) -> None:
    """Let time pass for all files, and purge."""
    Upload.objects.update(created_at=timezone.now() - timedelta(**of))
    purge()


def test_a_file_that_nobody_imports_is_gone_after_a_day(importer: Start) -> None:
    importer().upload("name\nA\n")
    age(hours=23)
    assert Part.objects.count() == 1
    age(hours=25)
    assert not Part.objects.exists()


def test_the_rows_of_an_import_are_kept_for_a_month_after_its_end_and_as_long_as_it_is_not_over(
    importer: Start,
) -> None:
    admin = importer()
    job = admin.check("name\nA\n")
    age(days=40)
    assert Part.objects.count() == 1
    admin.confirm(job)
    age(days=29)
    assert Part.objects.count() == 1
    age(days=31)
    assert not Part.objects.exists()


def test_rows_are_deleted_with_their_job(importer: Start) -> None:
    admin = importer()
    job = admin.check("name\nA\n")
    admin.confirm(job)
    job.delete()
    assert not Upload.objects.exists()
    assert not Part.objects.exists()
