"""How long a worker leaves a queue alone that did not answer."""

from __future__ import annotations

import pytest
from kombu.exceptions import OperationalError

from c8yadmin.celery import app


@pytest.mark.fault("F09")
def test_a_queue_that_was_away_for_long_is_looked_for_every_five_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kombu.utils.functional.sleep", lambda _: None)
    waits: list[float] = []
    connection = app.connection_for_read("redis://127.0.0.1:1/0")
    with pytest.raises(OperationalError):
        connection.ensure_connection(lambda _, wait: waits.append(wait), max_retries=20)
    assert len(waits) == 20
    assert max(waits) == 5
