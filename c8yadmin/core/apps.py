from typing import Any

import structlog
from django.apps import AppConfig
from django.http import HttpRequest
from django_structlog.signals import bind_extra_request_metadata

from c8yadmin.core import wording


class CoreConfig(AppConfig):
    name = "c8yadmin.core"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        wording.speak()  # here, because a field takes its words when it is made: before any form is imported

    def ready(self) -> None:
        from c8yadmin.core import checks  # noqa: F401, PLC0415  # registers them

        bind_extra_request_metadata.connect(log_address)


def log_address(request: HttpRequest, **_: Any) -> None:
    """Let the log name who asked, as the server knows it: a header is believed from PROXY_ADDRESSES only."""
    structlog.contextvars.bind_contextvars(ip=request.META.get("REMOTE_ADDR"))
