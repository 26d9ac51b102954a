"""What came of the jobs of the chaos: compared with what the tenant then holds, and added up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from c8yadmin.jobs.execution.audit import audit_job
from c8yadmin.jobs.models import Chunk, ItemResult, Job
from c8yadmin.jobs.pages.progress import Progress
from tests.faults.orders import Order


@dataclass(slots=True)
class Tally:
    """What happened; `never`, `twice` and `accounts` must stay empty."""

    items: int = 0
    jobs: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    never: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    unbroken: list[str] = field(default_factory=list)  # faults that the driver itself could not bring about

    def count(self, order: Order, job: Job) -> None:
        """Add a job that has ended."""
        results = dict(ItemResult.objects.filter(chunk__job=job).values_list("item_id", "outcome"))
        targets = [id for chunk in Chunk.objects.filter(job=job) for id in chunk.targets]
        effects = order.effects()
        self._account(order, job, targets)
        done = [id for id in targets if id not in results] if job.state != "CANCELED" else []
        where = f"{order.action} of job {job.pk} on"
        self.never += [f"{where} {id}" for id in done if not effects[id]]
        self.twice += [f"{where} {id}" for id, n in effects.items() if order.once and n > 1]
        self.items += len(order.ids)
        self.jobs[order.action] += 1
        self.ends[job.state] += 1

    def _account(self, order: Order, job: Job, targets: list[str]) -> None:
        progress = Progress.of(job)
        counted = {"ok": progress.ok, "failed": progress.failed, "skipped": progress.skipped}
        counted |= {"unknown": progress.unknown, "canceled": progress.canceled}
        self.accounts += map(str, audit_job(job.pk))
        if sum(counted.values()) != len(targets) or (len(targets) != len(order.ids) and not order.of):
            self.accounts.append(f"{order.action}: {counted} are not {len(order.ids)}")
        self.outcomes.update(counted)

    @property
    def flawless(self) -> bool:
        return self.items > 0 and not (self.never or self.twice or self.accounts)

    def __str__(self) -> str:
        def words(counter: Counter[str]) -> str:
            return ", ".join(f"{name} {n}" for name, n in sorted(counter.items()))

        return "\n".join(
            [
                f"items: {self.items} in {sum(self.jobs.values())} jobs ({words(self.jobs)})",
                f"ends: {words(self.ends)}; items: {words(self.outcomes)}",
                f"faults: {sum(self.faults.values())} ({words(self.faults)})",
                *(f"not brought about: {words}" for words in self.unbroken),
                f"never executed: {len(self.never)} {self.never[:5] or ''}",
                f"executed twice (POST): {len(self.twice)} {self.twice[:5] or ''}",
                f"accounting errors: {len(self.accounts)} {self.accounts[:5] or ''}",
            ]
        )
