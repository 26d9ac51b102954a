"""The alarms of a tenant."""

from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    name = "c8yadmin.alarms"

    def ready(self) -> None:
        import c8yadmin.alarms.actions  # noqa: F401, PLC0415  # registers the bulk actions
