"""The job engine as a Django app."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "c8yadmin.jobs"
