"""The users of a tenant and their global roles."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "c8yadmin.users"

    def ready(self) -> None:
        from c8yadmin.users import actions  # noqa: F401, PLC0415  # registers them, once models are loaded
