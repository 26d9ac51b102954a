from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "c8yadmin.imports"

    def ready(self) -> None:
        from c8yadmin.imports import terminal  # noqa: F401, PLC0415  # registers it, once models are loaded
