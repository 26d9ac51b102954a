"""The log: what must never stand in it."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator

import pytest
import structlog

from c8yadmin import logs

SECRET = "hunter2"


@pytest.fixture
def log() -> Iterator[Callable[[str], Callable[[], str]]]:
    """Configures the log in a format; gives a function that tells what was written."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def configure(form: str) -> Callable[[], str]:
        logging.config.dictConfig(logs.configuration(form, "INFO"))
        handler = root.handlers[0]
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(stream := io.StringIO())
        return stream.getvalue

    yield configure
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


Log = Callable[[str], Callable[[], str]]


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize(
    ("text", "extra"),
    [
        (f"calling https://admin:{SECRET}@acme.example/inventory", {}),
        (f"sent Authorization: Basic {SECRET}", {}),
        (f"sent Bearer {SECRET}", {}),
        ("signed in", {"password": SECRET}),
        ("signed in", {"tfa_code": SECRET}),
        ("sent", {"headers": {"Authorization": SECRET, "Cookie": SECRET}}),
        ("sent", {"calls": [f"Bearer {SECRET}"]}),
    ],
)
def test_credentials_are_taken_out(log: Log, form: str, text: str, extra: dict[str, object]) -> None:
    written = log(form)
    logging.getLogger("console").warning(text, extra=extra)
    structlog.get_logger("console").warning(text, **extra)
    lines = written()
    assert lines.count(text[:6]) == 2
    assert SECRET not in lines
    assert logs.MASK in lines


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_local_variables(log: Log, form: str) -> None:
    written = log(form)
    password = SECRET
    try:
        {}[len(password)]
    except KeyError:
        logging.getLogger("console").exception("failed")
        structlog.get_logger("console").exception("failed")
    lines = written()
    assert lines.count("KeyError") >= 2
    assert "test_a_traceback_shows_no_local_variables" in lines
    assert SECRET not in lines


def test_a_line_break_in_a_device_name_starts_no_new_line(log: Log) -> None:
    written = log("json")
    logging.getLogger("console").warning("device %s", "pump\n{}")
    assert [json.loads(line)["event"] for line in written().splitlines()] == ["device pump\n{}"]


def test_an_unknown_format_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="C8YADMIN_LOG_FORMAT must be json or console, not 'xml'"):
        logs.configuration("xml", "INFO")
