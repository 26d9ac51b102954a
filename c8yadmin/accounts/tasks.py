from __future__ import annotations

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from c8yadmin.accounts import browser, limits, second_factor


@shared_task(name="accounts.purge")
def purge() -> None:
    """Remove what has ended: sign-ins, waiting passwords, counted attempts, sessions. Run it every minute."""
    now = timezone.now()
    browser.purge(now)
    second_factor.purge(now)
    limits.purge(now)
    call_command("clearsessions")
