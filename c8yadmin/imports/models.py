"""Uploaded rows: packed, addressed by their number, and deleted with the job that imports them."""

from __future__ import annotations

import uuid

from django.db import models

from c8yadmin.imports.encodings import fitting, renamed
from c8yadmin.jobs.models import Job


class Upload(models.Model):
    """A file that was read: its rows are in its parts, as they were, whatever becomes of them.

    What is `foreign` (see `imports.encodings`) is kept raw, the header too.
    `mapping` is how the rows were last understood (see `imports.mapping`), `job` what imports them. `digest`
    tells the same file again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.CharField(max_length=255)
    owner = models.CharField(max_length=1000)
    kind = models.CharField(max_length=50)
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    separator = models.CharField(max_length=1)
    header = models.JSONField()
    foreign = models.JSONField(default=dict)
    rows = models.PositiveIntegerField(default=0)
    mapping = models.JSONField(default=dict)
    job = models.ForeignKey(Job, models.CASCADE, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="upload_age")]

    def __str__(self) -> str:
        return f"{self.name} ({self.rows} rows)"

    @property
    def encoding(self) -> str:
        """The encoding that was chosen, or is the most likely one; empty for Unicode."""
        return str(self.mapping.get("encoding", "")) or next(iter(fitting(self.foreign)), "")

    @property
    def columns(self) -> list[str]:
        """The names of the columns, as they read."""
        return renamed(self.header, self.encoding)


class Part(models.Model):
    """Some hundred rows of a file, from the number `first` to `last`, and what was found out about each.

    `content` and `verdicts` are packed, see `imports.packing`; the four counts are those of the verdicts.
    """

    id = models.BigAutoField(primary_key=True)
    upload = models.ForeignKey(Upload, models.CASCADE, related_name="parts")
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    content = models.BinaryField()
    verdicts = models.BinaryField(default=b"")
    create = models.PositiveIntegerField(default=0)
    change = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "first"], name="part_once")]

    def __str__(self) -> str:
        return f"rows {self.first}–{self.last} of {self.upload_id}"


class KeptMapping(models.Model):
    """How somebody last imported a file with these columns; `columns` is a digest of their names."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.CharField(max_length=255)
    owner = models.CharField(max_length=1000)
    kind = models.CharField(max_length=50)
    columns = models.CharField(max_length=64)
    mapping = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "owner", "kind", "columns"], name="mapping_once")
        ]

    def __str__(self) -> str:
        return f"mapping of {self.owner}"
