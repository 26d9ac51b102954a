"""The address in the log: that of whoever asked, not one that anybody writes into a header."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_log_names_who_asked_whatever_a_header_says(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    with caplog.at_level("INFO"):
        client.get("/sign-in/", headers=forged, REMOTE_ADDR="198.51.100.7")
    (event,) = [record.msg for record in caplog.records if "request_finished" in str(record.msg)]
    assert isinstance(event, dict)
    assert event["ip"] == "198.51.100.7"
