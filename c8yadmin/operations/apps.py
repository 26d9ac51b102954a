"""The operations that devices shall execute."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "c8yadmin.operations"

    def ready(self) -> None:
        from c8yadmin.operations import actions  # noqa: F401, PLC0415  # registers them, once models are loaded
