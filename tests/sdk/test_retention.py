"""How long data is kept."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from sdk import CumulocityClient, NotFound, RetentionDataType, RetentionRule
from tests.sdk.server import Server, answer

RULE = {"id": "7", "dataType": "ALARM", "maximumAge": 30, "type": "*", "source": "*", "editable": True}


def test_a_rule_is_written_and_read() -> None:
    with (
        Server(answer(json.dumps(RULE).encode(), "201 Created")) as server,
        CumulocityClient(server.url, "t1", None) as c8y,
    ):
        rule = RetentionRule(c8y, data_type=RetentionDataType.ALARM, maximum_age=30, type="*").create()
        rule.maximum_age = 60
        rule.update()
        c8y.retention_rules.delete(rule)
    assert (rule.data_type, rule.maximum_age, rule.editable) == (RetentionDataType.ALARM, 30, True)
    created, updated, deleted = server.requests
    assert created.startswith(b"POST /retention/retentions ")
    assert json.loads(created.partition(b"\r\n\r\n")[2]) == {
        "dataType": "ALARM",
        "maximumAge": 30,
        "type": "*",
    }
    assert updated.startswith(b"PUT /retention/retentions/7 ")
    assert updated.endswith(b'{"maximumAge":60}')
    assert deleted.startswith(b"DELETE /retention/retentions/7 ")


@pytest.mark.parametrize("age", [None, 0, -1, True])
def test_an_age_that_would_delete_everything_is_not_sent(
    c8y: CumulocityClient, calls: list[str], age: int | None
) -> None:
    with pytest.raises(ValueError, match="from 1 on"):
        RetentionRule(c8y, data_type="*", maximum_age=age).create()
    rule = RetentionRule.from_json(RULE, c8y)
    rule.maximum_age = age
    with pytest.raises(ValueError, match="from 1 on"):
        rule.update()
    assert calls == []


def test_rules_live_in_the_tenant(c8y: CumulocityClient, later: Callable[[], None]) -> None:
    before = c8y.retention_rules.get_count()
    [rule] = c8y.retention_rules.create(
        RetentionRule(data_type="EVENT", maximum_age=10, fragment_type="c8y_A", type="t", source="1")
    )
    assert c8y.retention_rules.get_count() == before
    later()
    assert c8y.retention_rules.get_count() == before + 1
    assert rule.id in {one.id for one in c8y.retention_rules.get_all(limit=None)}
    rule.maximum_age = 20
    rule.update()
    read = c8y.retention_rules.get(str(rule.id))
    assert (read.data_type, read.maximum_age, read.fragment_type) == (RetentionDataType.EVENT, 20, "c8y_A")
    c8y.retention_rules.apply_to({"maximumAge": 30}, str(rule.id))
    assert rule.reload().maximum_age == 30
    c8y.retention_rules.delete(rule)
    with pytest.raises(NotFound):
        c8y.retention_rules.get(str(rule.id))
