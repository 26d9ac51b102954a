"""The job engine as a Django app."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "c8yadmin.jobs"

    def ready(self) -> None:
        from c8yadmin.jobs import checks  # noqa: F401, PLC0415  # registers them
        from c8yadmin.jobs.authority import returning  # noqa: F401, PLC0415  # listens for sign-ins
