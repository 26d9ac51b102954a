"""The log: one line per event on standard error, with nothing in it that opens a door.

Local variables never appear in tracebacks (credentials are local variables), values under telling names are
replaced, and so are credentials inside of texts: in URLs, and after `Basic` and `Bearer`.
"""

from __future__ import annotations

import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "[removed]"
TELLING = re.compile(
    r"passw|secret|token|authori[sz]ation|cookie|credential|tfa|api_?key|session_?key", re.IGNORECASE
)
IN_TEXT = re.compile(r"(?P<before>\b(?:basic|bearer)\s+|://[^\s/@]*:)[^\s/@'\"]+(?P<after>@)?", re.IGNORECASE)


def configuration(format: str, level: str) -> dict[str, Any]:
    """The setting LOGGING; `format` is `json` or `console`, `level` the least level that is written."""
    if format not in ("json", "console"):
        raise ValueError(f"C8YADMIN_LOG_FORMAT must be json or console, not {format!r}")
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*shared, structlog.stdlib.ExtraAdder()],
                "processors": [*_rendered(format)],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": level, "handlers": [], "propagate": True},
            "django.server": {"level": level, "handlers": [], "propagate": True},
            # django_structlog says the same of each request, with its id.
            "django.request": {"level": "CRITICAL"},
            "uvicorn": {"level": "WARNING"},
        },
    }


def _rendered(format: str) -> list[Processor]:
    tail: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if format == "json":
        one_line = structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        )
        return [*tail, one_line, without_secrets, structlog.processors.JSONRenderer()]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return [*tail, structlog.processors.format_exc_info, without_secrets, plain]


def without_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Take credentials out of all that an event carries."""
    return {name: _masked(name, value) for name, value in event.items()}


def _masked(name: str, value: Any) -> Any:
    if TELLING.search(name):
        return MASK
    if isinstance(value, str):
        return IN_TEXT.sub(rf"\g<before>{MASK}\g<after>", value)
    if isinstance(value, dict):
        return {key: _masked(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked("", inner) for inner in value]
    return value
