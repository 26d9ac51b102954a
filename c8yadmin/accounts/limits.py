"""How often anybody may try to sign in: counted in the database, so that it holds for all processes.

Tenants lock accounts after wrong passwords: whoever could try without end through this console could lock out
a tenant's users, or search for weak passwords from this console's address.
"""

from __future__ import annotations

import ipaddress
import math
from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from c8yadmin.accounts.models import Attempt

PER_ACCOUNT = 10
PER_ADDRESS = 20
WINDOW = timedelta(hours=1)


class TooManyAttempts(Exception):
    """`retry_after` is in seconds; `of` is "account" or "address"."""

    def __init__(self, of: str, retry_after: int) -> None:
        super().__init__(f"Too many attempts of one {of}.")
        self.of = of
        self.retry_after = retry_after

    def words(self, username: str, tenant: str) -> str:
        """What to tell somebody who typed this name for the tenant called so."""
        whose = f"{username} in {tenant}" if self.of == "account" else "your network address"
        minutes = -(-self.retry_after // 60)
        return f"Too many attempts to sign in for {whose}. Try again in {minutes} minutes."


def count(request: HttpRequest, tenant: str, username: str) -> Attempt:
    """Count a try before it is made; delete it when the tenant was never asked.

    Raises TooManyAttempts when the account or the address has none left; such a try counts for nothing, so
    that waiting helps.
    """
    account, address = _digest("account", tenant, username.casefold()), _digest("address", network(request))
    attempt = Attempt.objects.create(account=account, address=address)
    for of, limit in (("account", PER_ACCOUNT), ("address", PER_ADDRESS)):
        wait = _wait(of, getattr(attempt, of), limit, attempt.at)
        if wait:
            attempt.delete()
            raise TooManyAttempts(of, wait)
    return attempt


def forgive(attempt: Attempt) -> None:
    """The account has signed in: its tries count no more."""
    Attempt.objects.filter(account=attempt.account).delete()


def purge(now: datetime) -> None:
    """Remove the tries that count no more."""
    Attempt.objects.filter(at__lte=now - WINDOW).delete()


def network(request: HttpRequest) -> str:
    """Where a request comes from: an IPv4 address, or the /64 that one IPv6 customer has.

    X-Forwarded-For is not looked at here: the server in front (`manage.py serve`) puts a trusted proxy's word
    for it in this place, and nobody else's.
    """
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "")
    except ValueError:
        return "unknown"
    return str(address if address.version == 4 else ipaddress.ip_network((address, 64), strict=False))


def _wait(of: str, digest: str, limit: int, now: datetime) -> int:
    """Seconds until one of the tries of `digest` leaves the window, 0 while there is room."""
    tries = (
        Attempt.objects.filter(**{of: digest}, at__gt=now - WINDOW)
        .order_by("-at")
        .values_list("at", flat=True)
    )
    oldest = list(tries[limit : limit + 1])
    return math.ceil((oldest[0] + WINDOW - now).total_seconds()) if oldest else 0


def _digest(purpose: str, *parts: str) -> str:
    return salted_hmac(f"c8yadmin.attempt.{purpose}", "\0".join(parts), algorithm="sha256").hexdigest()
