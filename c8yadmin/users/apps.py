"""The users of a tenant and their global roles."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "c8yadmin.users"
