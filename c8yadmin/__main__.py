"""The command line: `c8yadmin` where the package is installed, `python manage.py` in the project's folder."""

import os

from django.core.management import execute_from_command_line


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "c8yadmin.settings")
    execute_from_command_line()


if __name__ == "__main__":
    main()
