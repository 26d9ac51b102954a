from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "c8yadmin.inventory"

    def ready(self) -> None:
        from c8yadmin.inventory import actions  # noqa: F401, PLC0415  # registers them, once models are loaded
