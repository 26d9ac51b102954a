"""The events of a tenant, with their attachments."""

from __future__ import annotations

from sdk.sandbox.files import File
from sdk.sandbox.store.records import Records


class Events(Records):
    """Records whose `attachments` map ids to files; a removed event takes its own along."""

    def __init__(self) -> None:
        super().__init__(lambda event: str(event["source"]["id"]), lambda event: str(event["time"]))
        self.attachments: dict[str, File] = {}

    def remove(self, identifier: str) -> None:
        super().remove(identifier)
        self.attachments.pop(identifier, None)
