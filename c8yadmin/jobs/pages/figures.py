"""The jobs in the words of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Sum
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.execution.heartbeats import BEAT, SWEEP, WORKER
from c8yadmin.jobs.models import Chunk, Job, TenantLimit
from c8yadmin.jobs.pages.health import last_beat
from c8yadmin.jobs.states import ChunkState, Counts, State

CONTENT_TYPE = CONTENT_TYPE_LATEST


def figures() -> bytes:
    """All of them, as of now."""
    registry = CollectorRegistry()
    registry.register(JobCollector())
    return generate_latest(registry)


class JobCollector(Collector):
    """Reads the database, so that any web process tells of all workers on all machines."""

    def collect(self) -> Iterable[Metric]:
        jobs = GaugeMetricFamily("c8yadmin_jobs", "Jobs by state", labels=["state"])
        found = dict(Job.objects.order_by().values_list("state").annotate(Count("id")))
        for state in State:
            jobs.add_metric([state.value], found.get(state.value, 0))
        items = GaugeMetricFamily("c8yadmin_job_items", "Targets by outcome", labels=["outcome"])
        sums = Chunk.objects.aggregate(**{name: Sum(name) for name in Counts.__slots__})
        for name, n in sums.items():
            items.add_metric([name], n or 0)
        return [jobs, items, *self._workers(), *self._tenants()]

    def _workers(self) -> Iterable[Metric]:
        now = clock()
        age = GaugeMetricFamily(
            "c8yadmin_heartbeat_age_seconds", "Since the last sign of life", labels=["kind"]
        )
        for kind in (WORKER, BEAT, SWEEP):
            if at := last_beat(kind):
                age.add_metric([kind], (now - at).total_seconds())
        leased = Chunk.objects.filter(state=ChunkState.LEASED, lease_until__gt=now).count()
        yield age
        yield GaugeMetricFamily("c8yadmin_job_leases", "Chunks that are being worked", value=leased)
        attempts = Chunk.objects.aggregate(n=Sum("attempts"))["n"] or 0
        yield CounterMetricFamily("c8yadmin_job_claims", "Chunks claimed by the jobs kept", value=attempts)

    def _tenants(self) -> Iterable[Metric]:
        held = GaugeMetricFamily("c8yadmin_tenant_held", "1 while a tenant is left alone", labels=["tenant"])
        now = clock()
        for limit in TenantLimit.objects.all():
            held.add_metric([limit.tenant], bool(limit.circuit_until and limit.circuit_until > now))
        yield held
