from typing import Any

from django.apps import AppConfig

from c8yadmin.core import wording


class CoreConfig(AppConfig):
    name = "c8yadmin.core"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        wording.speak()  # here, because a field takes its words when it is made: before any form is imported

    def ready(self) -> None:
        from c8yadmin.core import checks  # noqa: F401, PLC0415  # registers them
