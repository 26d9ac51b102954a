"""Asking a tenant about a password that somebody typed, as often as the limits permit."""

from __future__ import annotations

import structlog
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from c8yadmin.accounts import limits
from c8yadmin.accounts.login import Identity, explain, login
from c8yadmin.core.tenants import Tenant
from sdk import Refused

log = structlog.get_logger(__name__)


@sensitive_variables("password", "code")
def judged(request: HttpRequest, tenant: Tenant, username: str, password: str, code: str = "") -> Identity:
    """`login` under the limits: only what the tenant may have judged counts.

    Raises what `login` raises, without the password that a tenant, or a gateway before it, may echo; and
    limits.TooManyAttempts.
    """
    attempt = limits.count(request, tenant.slug, username)
    try:
        identity = login(tenant, username, password, code)
    except Exception as refusal:
        if isinstance(refusal, Refused):
            refusal.message = refusal.message.replace(password, "•••")
        status, _ = explain(tenant, refusal)
        if status not in (401, 403, 504):
            attempt.delete()
        log.info("sign_in_refused", tenant=tenant.slug, status=status, network=limits.network(request))
        raise
    limits.forgive(attempt)
    log.info("signed_in", tenant=tenant.slug, user=identity.person.name, network=limits.network(request))
    return identity
