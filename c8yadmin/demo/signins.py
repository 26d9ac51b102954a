"""The table of the demo's sign-ins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MAY = {
    "admin": "everything",
    "operator": "alarms, operations and devices",
    "reader": "reading",
    "restricted": "one group of devices",
    "tfa": "everything",
}


def table(address: str, sandbox: dict[str, Any]) -> str:
    """What the demo prints when it is ready: where it is, and who may sign in with which password."""
    rows = [("tenant", "user", "password", "may do"), *_rows(sandbox)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    table = "\n".join(f"  {line.rstrip()}" for line in lines)
    return f"\nc8yadmin is ready:  {address}\n\n{table}\n\nCtrl-C stops it.\n"


def _rows(sandbox: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for tenant in sandbox["tenants"]:
        for name, user in tenant["users"].items():
            secret = user.get("totp_secret")
            code = f", with one-time codes from {secret}" if secret else ""
            yield tenant["id"], name, user["password"], MAY.get(name, "") + code
