"""`python -m tests.postgres COMMAND…`: run a command with DATABASE_URL of a private PostgreSQL.

The server lives in a folder under /tmp, listens on a socket in it alone, and is gone afterwards. It refuses
to run as root, so root runs it as the user `postgres` or `nobody`. Where no PostgreSQL is installed the
command is not run, loudly; with CI=true that is a failure.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

SETTINGS = "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=60"


def programs() -> Path | None:
    """The folder of PostgreSQL's server programs: of the PATH, else the newest that Debian installed."""
    found = shutil.which("pg_ctl")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


def owner() -> str | None:
    """Whom the server runs as: root lends it to somebody else."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A fresh server while the block runs; gives its DATABASE_URL."""
    with tempfile.TemporaryDirectory(prefix="c8yadmin-pg-", dir="/tmp") as home:
        user = owner()
        if user:
            shutil.chown(home, user)
        data, log = f"{home}/data", f"{home}/log"

        def run(*command: str) -> None:
            subprocess.run(command, user=user, cwd=home, check=True, stdout=subprocess.DEVNULL)

        run(f"{folder}/initdb", "-D", data, "-U", "c8yadmin", "--auth=trust", "-E", "UTF8", "--no-sync")
        run(f"{folder}/pg_ctl", "-D", data, "-l", log, "-w", "-o", f"-k {home} {SETTINGS}", "start")
        try:
            yield f"postgres://c8yadmin@/postgres?host={quote(home)}"
        finally:
            run(f"{folder}/pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


def restart(url: str, down: float = 0) -> None:
    """Let the private server of this address die at once, and start it again after `down` seconds."""
    home = parse_qs(urlsplit(url).query)["host"][0]
    command = [f"{programs()}/pg_ctl", "-D", f"{home}/data", "-l", f"{home}/log", "-w"]
    for words in (["-m", "immediate", "stop"], ["start"]):
        options = ["-o", f"-k {home} {SETTINGS}"] if words == ["start"] else []
        subprocess.run(
            [*command, *options, *words],
            user=owner(),
            cwd=home,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=90,
        )
        time.sleep(down if words != ["start"] else 0)


ANY_CONNECTION = b"""
SELECT pg_terminate_backend(pid), xact_start IS NOT NULL FROM (
  SELECT pid, xact_start FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL
  ORDER BY xact_start IS NULL, random() LIMIT 1
) AS chosen
"""


def disconnect(url: str) -> bool:
    """End any one of the server's connections, if possible in a transaction; tells whether it was in one."""
    import psycopg

    with psycopg.connect(url, autocommit=True, connect_timeout=10) as server:
        ended = server.execute(ANY_CONNECTION).fetchone()
    return bool(ended and ended[1])


def main(command: list[str]) -> int:
    """Run `command` and return its exit code."""
    folder = programs()
    if folder is None:
        print("!!! NOT RUN, because no PostgreSQL is installed here:", *command, file=sys.stderr)  # noqa: T201
        return 1 if os.environ.get("CI") == "true" else 0
    with server(folder) as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
