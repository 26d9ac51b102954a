"""The queue of record: what is to be done, what is done, and who works on it.

A job is one row, its targets are frozen into chunks of 500 ids, and only exceptions (a target that failed,
was skipped or stays unknown) have rows of their own: a success is told by its chunk's cursor and counters.
Messages between processes are wake-ups that may be lost or doubled; everything that matters is here.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property

from c8yadmin.accounts.fields import SealedField
from c8yadmin.jobs.states import TERMINAL, ChunkState, State

CHUNK_SIZE = 500
ENGINE_VERSION = 2


class Job(models.Model):
    """One action over a frozen set of targets, on behalf of one user of one tenant.

    `tenant` is the slug of the URL, `base_url` is filled for a tenant that only the command line named.
    `scope` says in words what `target_spec` says for the machine: `{"ids": […]}`, `{"filter": "…"}`,
    `{"query": "…"}`, `{"retry_of": "…"}` or `{"revert_of": "…"}`. `lease_until` and `lease_token` belong to
    the worker that prepares the job. `drifted_from` is how many targets an earlier preview had, of which so
    many came or went that the job was prepared anew. `works_as` names the service user where
    that does the work for the owner.

    How fast: `rate_per_s` requests at most, after a ramp that begins with `ramp_from` and multiplies it by
    `ramp_factor` every `ramp_seconds`; `pace` is where it stands since `pace_at`. How much at a time:
    `stages` as they were asked for, `stage_ends` the pairs of targets and chunks that they come to,
    `stage_until` the first chunk that has to wait; between two stages `stage_wait` seconds pass, or without
    them a person goes on. When: not before `scheduled_at`, begun by `not_after`, and only during `hours`, all
    of them entered on the clocks of `hours_zone`. A paused job goes on by itself at `resume_at`. `served_at`
    is when a worker last took some of it, and `marks` are its last two milestones, from which its speed is
    told.

    With `keeps_images`, what is there before a change is kept; from `images_removed_at` on it is removed, and
    in the end the job keeps none. `reverts` is the job whose changes this one takes back, or makes again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.CharField(max_length=255)
    tenant_id = models.CharField(max_length=64)
    base_url = models.CharField(max_length=500, blank=True, default="")
    owner = models.CharField(max_length=1000)
    works_as = models.CharField(max_length=1000, blank=True, default="")

    action = models.CharField(max_length=100)
    params = models.JSONField(default=dict)
    params_version = models.PositiveSmallIntegerField(default=1)
    summary = models.CharField(max_length=500, default="")
    target_kind = models.CharField(max_length=50)
    target_spec = models.JSONField(default=dict)
    scope = models.CharField(max_length=500, default="")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="retries")
    reverts = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="reverted_by")
    keeps_images = models.BooleanField(default=False)
    images_removed_at = models.DateTimeField(null=True, blank=True)
    idem_key = models.CharField(max_length=64)
    engine_version = models.PositiveSmallIntegerField(default=ENGINE_VERSION)

    state = models.CharField(max_length=24, default=State.PREPARING)
    pause_reason = models.CharField(max_length=20, blank=True, default="")
    problem = models.CharField(max_length=1000, blank=True, default="")
    version = models.PositiveIntegerField(default=0)

    total = models.PositiveIntegerField(default=0)
    prepare_cursor = models.CharField(max_length=255, blank=True, default="")
    prepare_attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    prepared_at = models.DateTimeField(null=True, blank=True)
    drifted_from = models.PositiveIntegerField(null=True, blank=True)
    preview = models.JSONField(default=dict)
    autostart = models.BooleanField(default=False)

    scheduled_at = models.DateTimeField(null=True, blank=True)
    not_after = models.DateTimeField(null=True, blank=True)
    rate_per_s = models.FloatField(null=True, blank=True)
    parallel = models.PositiveSmallIntegerField(default=8)
    abort_percent = models.FloatField(default=20)
    abort_minimum = models.PositiveIntegerField(default=100)

    ramp_from = models.FloatField(null=True, blank=True)
    ramp_factor = models.FloatField(default=2)
    ramp_seconds = models.PositiveIntegerField(default=60)
    pace = models.FloatField(null=True, blank=True)
    pace_at = models.DateTimeField(null=True, blank=True)
    stages = models.JSONField(default=list)
    stage_wait = models.PositiveIntegerField(null=True, blank=True)
    stage_ends = models.JSONField(default=list)
    stage = models.PositiveSmallIntegerField(default=0)
    stage_until = models.PositiveIntegerField(null=True, blank=True)
    hours = models.CharField(max_length=11, blank=True, default="")
    hours_zone = models.CharField(max_length=64, blank=True, default="")
    resume_at = models.DateTimeField(null=True, blank=True)
    served_at = models.DateTimeField(null=True, blank=True)
    marks = models.JSONField(default=list)

    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "owner", "idem_key"], name="job_once")]
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="job_recent"),
            models.Index(fields=["state"], name="job_state"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.id}"

    @property
    def standing(self) -> State:
        return State(self.state)

    @property
    def badge(self) -> str:
        """The state as pages tell it: a preview without targets invites nobody to confirm it."""
        return "NOTHING" if self.standing is State.READY and not self.total else self.state

    @property
    def is_terminal(self) -> bool:
        return self.standing in TERMINAL

    @property
    def is_reversal(self) -> bool:
        """Whether it takes back what another job did, which may be gone by now."""
        return self.action.endswith((".revert", ".redo"))

    @cached_property
    def first(self) -> Job:
        """The job whose work this one goes on with, through all retries; itself if it is none."""
        first = self
        while first.parent is not None:
            first = first.parent
        return first

    @property
    def targets_existed(self) -> bool:
        """Whether the console has found each target itself, also for the first job of which this is a retry;
        ids that somebody names, and rows of a file, need not stand for anything."""
        return self.is_reversal or not self.first.target_spec.keys().isdisjoint({"filter", "query"})

    def is_late(self, now: datetime) -> bool:
        """Whether the job should have begun by `now`, and has not."""
        return self.started_at is None and self.not_after is not None and now > self.not_after


class Chunk(models.Model):
    """Up to 500 targets of a job, worked by one lease at a time.

    `ids` is a JSON list whose first `cursor` entries are done. `intent` is how far somebody may have sent:
    between `cursor` and `intent` nobody can tell without asking the tenant. `token` grows with every lease; a
    write that names another token is refused. `stuck` counts leases that ended without progress.
    """

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(Job, models.CASCADE, related_name="chunks")
    seq = models.PositiveIntegerField()
    ids = models.TextField()
    n = models.PositiveIntegerField()
    state = models.CharField(max_length=1, default=ChunkState.PENDING)
    cursor = models.PositiveIntegerField(default=0)
    intent = models.PositiveIntegerField(default=0)
    ok = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=100, blank=True, default="")
    attempts = models.PositiveIntegerField(default=0)
    stuck = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "seq"], name="chunk_place")]
        indexes = [models.Index(fields=["job", "state", "lease_until"], name="chunk_claim")]

    def __str__(self) -> str:
        return f"chunk {self.seq} of {self.job_id}"

    @property
    def targets(self) -> list[str]:
        targets: list[str] = json.loads(self.ids)
        return targets


class ItemResult(models.Model):
    """A target that did not simply succeed. `idx` is its place in the chunk at the moment it was counted,
    `reason` what it shares with others that ended alike (see `reasons.key`)."""

    id = models.BigAutoField(primary_key=True)
    chunk = models.ForeignKey(Chunk, models.CASCADE, related_name="results")
    idx = models.PositiveIntegerField()
    item_id = models.CharField(max_length=255)
    outcome = models.CharField(max_length=10)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    error_code = models.CharField(max_length=100, blank=True, default="")
    message = models.CharField(max_length=500, blank=True, default="")
    reason = models.CharField(max_length=12, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chunk", "idx"], name="result_once")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.outcome}"


class BeforeImages(models.Model):
    """What was there before targets of a chunk were changed, and what was left there.

    Written before the change is sent, so that there is one for every change that may have been made. Rows are
    only added while a lease lasts: the last image of a target counts. `given` ones were not seen by this job:
    they are what it shall restore. See jobs.undoing.images.
    """

    id = models.BigAutoField(primary_key=True)
    chunk = models.ForeignKey(Chunk, models.CASCADE, related_name="images")
    given = models.BooleanField(default=False)
    n = models.PositiveIntegerField()
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.n} images of {self.chunk_id}"


class ExportFile(models.Model):
    """What an export came to: the name of its file in the folder of exports, empty once it is removed."""

    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="file")
    name = models.CharField(max_length=50)
    rows = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"file of {self.job_id}"

    @property
    def format(self) -> str:
        return self.name.rpartition(".")[2]


class JobCredential(models.Model):
    """What a job may work with, encrypted; deleted in the transaction that ends the job.

    `kind` is that of the sealed credential, `expires_at` is None where it has no end of its own, `since` is
    when it was lent. `password` is there by its owner's consent alone, until `password_until`;
    `signing_in_until` belongs to the one worker that signs in with it.
    """

    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="credential")
    ciphertext = SealedField()
    kind = models.CharField(max_length=10)
    expires_at = models.DateTimeField(null=True, blank=True)
    since = models.DateTimeField(default=timezone.now)
    password = SealedField(blank=True, default="")
    password_until = models.DateTimeField(null=True, blank=True)
    signing_in_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"credential of {self.job_id}"


class Approval(models.Model):
    """That a job needs a second person, and who that was.

    `approver` is empty while nobody has approved; `fingerprint` names the very job that was (see
    `approvals.fingerprint`). Who rejected and why is in the job's log alone.
    """

    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="approval")
    asked_at = models.DateTimeField()
    why = models.CharField(max_length=200)
    approver = models.CharField(max_length=1000, blank=True, default="")
    approved_at = models.DateTimeField(null=True, blank=True)
    comment = models.CharField(max_length=1000, blank=True, default="")
    fingerprint = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return f"approval of {self.job_id}"


class TenantLimit(models.Model):
    """How hard a tenant may be worked, by all its jobs together; locking this row serialises claims.

    `rate` is in requests per second (none: no limit), `burst` how many may come at once. During other hours
    than `hours` of `hours_zone`, and until `circuit_until`, no job of the tenant is worked; `circuit_since`
    is when the trouble began. `served_at` is when a worker last turned to one of its jobs.
    """

    tenant = models.CharField(max_length=255, primary_key=True)
    max_leases = models.PositiveSmallIntegerField(default=4)
    rate = models.FloatField(null=True, blank=True)
    burst = models.PositiveIntegerField(default=10)
    hours = models.CharField(max_length=11, blank=True, default="")
    hours_zone = models.CharField(max_length=64, blank=True, default="")
    served_at = models.DateTimeField(null=True, blank=True)
    circuit_state = models.CharField(max_length=10, default="closed")
    circuit_since = models.DateTimeField(null=True, blank=True)
    circuit_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.tenant


class RateAccount(models.Model):
    """A token bucket while Redis does not answer: what was left of it at the time `at`."""

    name = models.CharField(max_length=255, primary_key=True)
    tokens = models.FloatField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class JobEvent(models.Model):
    """One step in a job's life, written in the transaction that made it; never changed.

    Where `before` and `after` are the same state, something else about the job was changed.
    """

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(Job, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    actor = models.CharField(max_length=1000)
    before = models.CharField(max_length=24, blank=True)
    after = models.CharField(max_length=24)
    reason = models.CharField(max_length=1000, blank=True, default="")
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["job", "id"], name="event_order")]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class Heartbeat(models.Model):
    """When a worker, or the beat that wakes the sweeper, was last alive."""

    name = models.CharField(max_length=255, primary_key=True)
    kind = models.CharField(max_length=10)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
