"""What Celery runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from c8yadmin.imports.models import Upload
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.states import TERMINAL

UNUSED = timedelta(days=1)


@shared_task(name="imports.purge")
def purge(**_later: Any) -> None:
    """Delete the rows of files that nobody imported, and of imports that are long over."""
    now = timezone.now()
    old = Q(created_at__lt=now - timedelta(days=settings.IMPORT_DAYS))
    for upload in Upload.objects.filter(old | Q(job=None, created_at__lt=now - UNUSED)):
        if not Job.objects.exclude(state__in=TERMINAL).filter(params__upload=str(upload.pk)).exists():
            upload.delete()
