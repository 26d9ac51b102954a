"""`python -m tests.deployment`: Django's own checks, as a production with HTTPS would meet them."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile

COMMAND = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]


def main() -> int:
    with tempfile.TemporaryDirectory() as data:
        production = {
            "C8YADMIN_DATA_DIR": data,
            "C8YADMIN_SECRET_KEY": secrets.token_urlsafe(50),
            "C8YADMIN_ALLOWED_HOSTS": "console.example.com",
            "C8YADMIN_HTTPS": "true",
            "C8YADMIN_BEHIND_PROXY": "true",
        }
        return subprocess.run(COMMAND, env=os.environ | production, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
