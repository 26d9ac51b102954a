from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "c8yadmin.core"

    def ready(self) -> None:
        from c8yadmin.core import checks  # noqa: F401, PLC0415  # registers them
