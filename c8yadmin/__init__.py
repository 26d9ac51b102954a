"""The tenant admin console for Cumulocity IoT."""

from c8yadmin.celery import app as celery_app

__all__ = ["celery_app"]
