"""Which tenant a job belongs to, also when only the command line ever named it."""

from __future__ import annotations

from urllib.parse import urlsplit

from c8yadmin.core.tenants import Tenant, configured, find
from c8yadmin.jobs.models import Job


def tenant_of(job: Job) -> Tenant | None:
    """The job's tenant; None when its address is no longer configured."""
    return find(job.tenant) or (outside(job.base_url, job.tenant_id) if job.base_url else None)


def named(base_url: str, tenant_id: str) -> Tenant:
    """The tenant that the operator's environment names: the configured one of that address and id, or a new
    one."""
    for tenant in configured():
        if _address(tenant.base_url) == _address(base_url) and tenant.tenant_id in ("", tenant_id):
            return tenant
    return outside(base_url, tenant_id)


def outside(base_url: str, tenant_id: str) -> Tenant:
    """A tenant that no setting lists; the operator who named it is trusted with its address."""
    place = urlsplit(base_url).netloc
    return Tenant(f"{tenant_id}@{place}", place, base_url.rstrip("/"), tenant_id, private=True)


def _address(base_url: str) -> tuple[str, str, str]:
    parts = urlsplit(base_url)
    return parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/")
