"""Retention rules at work."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from sdk.sandbox import Sandbox
from sdk.sandbox.live import Live
from sdk.sandbox.store.retention import expire
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.times import stamp
from tests.sandbox.doors import Door

NOW = datetime.now(UTC)
DAY = 86_400


def ago(days: float) -> str:
    return stamp(NOW - timedelta(days=days))


def rule(admin: Door, acme: Tenant, days: int, **more: Any) -> None:
    """The one rule that there is from now on."""
    acme.retention.clear()
    answer = admin.post("/retention/retentions", "retentionrule", {"maximumAge": days} | more)
    assert answer.status_code == 201, answer.text


def record(admin: Door, kind: str, device: str, days: float, **more: Any) -> str:
    """An alarm, event or measurement of so many days ago; gives its id."""
    body = {"source": {"id": device}, "type": "t", "time": ago(days)} | more
    answer = admin.post(f"/{kind}/{kind}s", kind, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_what_is_older_than_a_rule_allows_goes(admin: Door, acme: Tenant, agent: str) -> None:
    old, young = (record(admin, "event", agent, days, text="x") for days in (31, 29))
    rule(admin, acme, 30, dataType="EVENT")
    assert expire(acme, NOW) == 1
    assert (old in acme.events, young in acme.events) == (False, True)


def test_the_rule_of_a_fresh_tenant_keeps_everything_for_sixty_days(acme: Tenant) -> None:
    before = len(acme.events), len(acme.measurements), len(acme.audits)
    assert expire(acme, NOW) == 0
    assert (len(acme.events), len(acme.measurements), len(acme.audits)) == before
    assert expire(acme, NOW + timedelta(days=100)) > 0
    assert (len(acme.events), len(acme.measurements), len(acme.audits)) == (0, 0, 0)
    assert {alarm["status"] for alarm in acme.alarms.values()} == {"ACTIVE", "ACKNOWLEDGED"}
    assert {found["status"] for found in acme.operations.values()} <= {"PENDING", "EXECUTING"}
    assert list(acme.bulk_operations) == ["2"]


@pytest.mark.fact("retention.rules")
@pytest.mark.parametrize(
    ("chosen", "gone"),
    [
        ({"type": "a"}, {"a"}),
        ({"fragmentType": "my_B"}, {"b"}),
        ({"type": "a", "fragmentType": "my_B"}, set[str]()),
        ({"source": "0"}, set[str]()),
    ],
)
def test_a_rule_may_choose_by_type_fragment_and_source(
    admin: Door, acme: Tenant, agent: str, chosen: dict[str, str], gone: set[str]
) -> None:
    acme.events.clear()
    made = {
        "a": record(admin, "event", agent, 9, text="x", type="a"),
        "b": record(admin, "event", agent, 9, text="x", type="b", my_B={}),
    }
    rule(admin, acme, 5, **chosen)
    expire(acme, NOW)
    assert {name for name, key in made.items() if key not in acme.events} == gone


def test_a_rule_for_a_source_leaves_its_children_alone(admin: Door, acme: Tenant, agent: str) -> None:
    other = next(key for key in acme.inventory.index.having("c8y_IsDevice").listed() if key != agent)
    own, others = (record(admin, "event", device, 9, text="x") for device in (agent, other))
    rule(admin, acme, 5, source=agent)
    expire(acme, NOW)
    assert (own in acme.events, others in acme.events) == (False, True)


def test_alarms_go_once_they_are_cleared(admin: Door, acme: Tenant, agent: str) -> None:
    made = [
        record(admin, "alarm", agent, 9, text="x", severity="MINOR", status=status, type=status)
        for status in ("ACTIVE", "ACKNOWLEDGED", "CLEARED")
    ]
    rule(admin, acme, 5, dataType="ALARM")
    expire(acme, NOW)
    assert [key in acme.alarms for key in made] == [True, True, False]


def test_what_goes_is_not_told(admin: Door, acme: Tenant, agent: str) -> None:
    record(admin, "event", agent, 9, text="x")
    told: list[object] = []

    class Listener:
        def listens(self) -> bool:
            return True

        publish = staticmethod(told.append)

    acme.feed.listeners.append(Listener())
    rule(admin, acme, 5, dataType="EVENT")
    assert expire(acme, NOW) > 0
    assert told == []


def test_a_living_tenant_carries_its_rules_out_once_a_day(
    sandbox: Sandbox, admin: Door, acme: Tenant, agent: str
) -> None:
    live = Live(sandbox)
    live.tick()
    old = record(admin, "event", agent, 90, text="x")
    live.tick()
    assert old in acme.events
    with time_machine.travel(time.time() + DAY):
        live.tick()
    assert old not in acme.events
