"""The operations that devices shall execute."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "c8yadmin.operations"
