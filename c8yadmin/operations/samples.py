"""Operations that many agents support, ready to be filled in.

The fragments are those of the platform's fragment library.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sample:
    """A body to begin with; `label` is the operation's description too."""

    fragment: str
    label: str
    value: Any

    @property
    def text(self) -> str:
        """The body as indented JSON."""
        return json.dumps({"description": self.label, self.fragment: self.value}, indent=2)


SAMPLES = (
    Sample("c8y_Restart", "Restart", {}),
    Sample("c8y_Command", "Run a shell command", {"text": "uname -a"}),
    Sample("c8y_Message", "Show a message", {"text": "…"}),
    Sample("c8y_Configuration", "Apply a text configuration", {"config": "key=value"}),
    Sample("c8y_SendConfiguration", "Send the current text configuration", {}),
    Sample("c8y_UploadConfigFile", "Upload a configuration file", {"type": "…"}),
    Sample(
        "c8y_DownloadConfigFile", "Apply a configuration file", {"type": "…", "url": "https://…", "name": "…"}
    ),
    Sample(
        "c8y_LogfileRequest",
        "Fetch a log file",
        {
            "logFile": "syslog",
            "dateFrom": "2026-01-01T00:00:00+0000",
            "dateTo": "2026-01-02T00:00:00+0000",
            "searchText": "",
            "maximumLines": 1000,
        },
    ),
    Sample("c8y_Firmware", "Install a firmware", {"name": "…", "version": "…", "url": "https://…"}),
    Sample(
        "c8y_SoftwareUpdate",
        "Install or remove software",
        [{"name": "…", "version": "…", "url": "https://…", "softwareType": "apt", "action": "install"}],
    ),
    Sample("c8y_MeasurementRequestOperation", "Fetch measurements now", {"requestName": "LOG"}),
    Sample("c8y_Relay", "Switch the relay", {"relayState": "OPEN"}),
)


def find(fragment: str) -> Sample | None:
    """The sample for `fragment`; none where there is no such sample."""
    return next((sample for sample in SAMPLES if sample.fragment == fragment), None)


def supported_first(supported: Collection[str]) -> list[tuple[Sample, bool]]:
    """All samples with whether the device names them as supported, those first."""
    marked = [(sample, sample.fragment in supported) for sample in SAMPLES]
    return sorted(marked, key=lambda pair: not pair[1])
