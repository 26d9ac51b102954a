"""Measurements: lists, batches, series, and what must not be sent."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from sdk import (
    BulkError,
    Celsius,
    Count,
    CumulocityClient,
    Device,
    Invalid,
    Liters,
    Measurement,
    NotFound,
    Percent,
    Percentage,
    SeriesValue,
    Units,
    Value,
)
from sdk.model.units import celsius

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def device(c8y: CumulocityClient) -> str:
    return str(Device(c8y, name="pump").create().id)


@pytest.fixture
def hours(c8y: CumulocityClient, device: str) -> list[Measurement]:
    """Five measurements, an hour apart, oldest first."""
    return c8y.measurements.create(
        *(
            Measurement(
                type="t", source=device, time=START + timedelta(hours=at), series=celsius("c8y_T.T", at)
            )
            for at in range(5)
        )
    )


def test_values_carry_their_units() -> None:
    assert Celsius(22.8) == {"unit": "°C", "value": 22.8}
    assert (Liters(8.4).value, Liters(8.4).unit) == (8.4, Units.Liters)
    assert Value(1) == {"value": 1}
    assert Value(1, "bar") == {"unit": "bar", "value": 1}
    assert Percentage is Percent
    assert Percentage(85) == {"unit": "%", "value": 85}
    assert Count.at("a.b", 3) == SeriesValue("a.b", 3, "#")


@pytest.mark.parametrize("value", [math.nan, math.inf, True, "1", None])
def test_a_value_that_is_no_number_is_refused_at_once(value: float) -> None:
    with pytest.raises(ValueError, match="finite number"):
        Celsius(value)


def test_a_measurement_is_made_of_fragments_or_of_series(c8y: CumulocityClient, device: str) -> None:
    levels = {"oil": Liters(8.4), "bat": Percentage(85)}
    made = Measurement(c8y, type="cx", source=device, time="now", cx_Levels=levels).create()
    assert made.get_series() == ["cx_Levels.oil", "cx_Levels.bat"]
    assert (made.type, made.source) == ("cx", device)
    assert made.datetime is not None
    assert abs(made.datetime - datetime.now(UTC)) < timedelta(minutes=1)
    one = Measurement(type="cx", source=device, time="now", series=celsius("c8y_T.T", 1))
    many = Measurement(type="cx", source=device, time="now", series=[("a.b", 1), ("a.c", 2, "kg")])
    assert one.get_series() == ["c8y_T.T"]
    assert many["a"] == {"b": {"value": 1}, "c": {"unit": "kg", "value": 2}}
    assert c8y.measurements.get(str(made.id))["cx_Levels.oil.unit"] == "l"


def test_what_the_platform_would_drop_or_refuse_is_not_sent(
    c8y: CumulocityClient, device: str, calls: list[str]
) -> None:
    sent = len(calls)
    known = {"type": "t", "source": device, "time": "now"}
    wrong = [
        Measurement(**known),
        Measurement(**known, a={"b": {"value": "12"}}),
        Measurement(**known, a={"b": {"value": math.nan}, "c": Value(1)}),
        Measurement(**known, a={"b c": Value(1)}),
        Measurement(type="t", source=device, series=("a.b", 1)),
        Measurement(type="t", time="now", series=("a.b", 1)),
    ]
    for one in wrong:
        with pytest.raises(ValueError, match=r"needs|number|names"):
            c8y.measurements.create(one)
        with pytest.raises(ValueError, match=r"needs|number|names"):
            c8y.measurements.create_bulk(Measurement(**known, series=("a.b", 1)), one, batch_size=1)
    with pytest.raises(ValueError, match="time zone"):
        Measurement(time=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="such as"):
        Measurement(series=("nameless", 1))
    assert len(calls) == sent


def test_the_order_is_as_asked_with_and_without_dates(
    c8y: CumulocityClient, device: str, hours: list[Measurement], calls: list[str]
) -> None:
    ids = [one.id for one in hours]

    def listed(**order: bool) -> list[str]:
        return [str(one.id) for one in c8y.measurements.get_all(source=device, limit=None, **order)]

    assert listed(ascending=True) == listed(revert=False) == listed(asc=True) == ids
    assert listed(ascending=False) == listed(revert=True) == listed(reverse=True) == ids[::-1]
    assert "dateFrom=1970" in calls[-1]
    dated = c8y.measurements.get_all(source=device, after=START + timedelta(hours=3), workers=2)
    assert [one.id for one in dated] == ids[3:]
    assert "revert=false" in calls[-1]
    with pytest.raises(ValueError, match="contradict"):
        listed(ascending=True, revert=True)
    last = c8y.measurements.get_last(source=device)
    assert last is not None
    assert last.id == ids[-1]
    earlier = c8y.measurements.get_last(source=device, before=START + timedelta(hours=2), ascending=True)
    assert earlier is not None
    assert earlier.id == ids[1]


def test_filters_find_fragments_and_series(
    c8y: CumulocityClient, device: str, hours: list[Measurement]
) -> None:
    Measurement(c8y, type="u", source=device, time=START, series=("c8y_T.U", 1)).create()
    find = c8y.measurements.where
    assert find(source=device).count() == 6
    assert find(source=device, type="u").count() == 1
    assert find(source=device, value_fragment_type="c8y_T").count() == 6
    assert find(source=device, series="c8y_T.U").count() == 1
    assert find(f"source={device}", valueFragmentType="c8y_T", valueFragmentSeries="T").count() == 5
    assert c8y.measurements.get_count(source=device, max_age="1h") == 0
    kinds = c8y.measurements.get_all(source=device, as_values="type", limit=2, revert=True)
    assert kinds == ["t", "t"]
    with pytest.raises(ValueError, match="alone"):
        find(series="c8y_T.U", value_fragment_type="c8y_T")
    with pytest.raises(TypeError, match="source"):
        find(sorce="1")


def test_the_newest_of_each_type(c8y: CumulocityClient, device: str, hours: list[Measurement]) -> None:
    other = Measurement(c8y, type="u", source=device, time=START, series=("a.b", 1)).create()
    newest = c8y.measurements.skim_latest(device)
    assert {kind: one.id for kind, one in newest.items()} == {"t": hours[-1].id, "u": other.id}
    assert c8y.measurements.skim_latest(device, max_age="1d") == {}
    assert list(c8y.measurements.skim_latest(device, limit=2)) == ["t"]


def test_many_are_created_in_batches(c8y: CumulocityClient, device: str, calls: list[str]) -> None:
    made = [Measurement(type="t", source=device, time="now", series=("a.b", at)) for at in range(25)]
    sent = len(calls)
    created = c8y.measurements.create_bulk(*made, batch_size=10, workers=3)
    assert len(calls) - sent == 3
    assert [one["a.b.value"] for one in created] == list(range(25))
    assert all(one.id for one in created)
    assert c8y.measurements.get_count(source=device) == 25


def test_a_batch_that_fails_is_reported_measurement_by_measurement(
    c8y: CumulocityClient, device: str
) -> None:
    sources = [device, device, "999999999", "999999999", device]
    made = [Measurement(type="t", source=one, time="now", series=("a.b", 1)) for one in sources]
    with pytest.raises(BulkError) as caught:
        c8y.measurements.create_bulk(*made, batch_size=2)
    assert [(one, result.source) for one, result in caught.value.done] == [(one, device) for one in made[:2]]
    assert [one for one, _ in caught.value.failed] == made[2:4]
    assert caught.value.not_started == made[4:]
    with pytest.raises(Invalid):
        c8y.measurements.create_bulk(made[2])


def test_measurements_are_deleted_but_never_changed(
    c8y: CumulocityClient, device: str, hours: list[Measurement], calls: list[str]
) -> None:
    c8y.measurements.delete(hours[0], str(hours[1].id))
    hours[2].delete()
    with pytest.raises(NotFound):
        c8y.measurements.get(str(hours[0].id))
    sent = len(calls)
    with pytest.raises(NotImplementedError, match="cannot change"):
        hours[3].update()
    with pytest.raises(NotImplementedError, match="cannot change"):
        c8y.measurements.apply_to({"a": 1}, "1")
    for wrong in ({}, {"type": "t"}):
        with pytest.raises(ValueError, match=r"filter|source"):
            c8y.measurements.delete_by(**wrong)
    with pytest.raises(TypeError):
        c8y.measurements.delete_by(source=device, series="a.b")
    assert len(calls) == sent
    c8y.measurements.delete_by(source=device, before=START + timedelta(hours=4))
    assert [one.id for one in c8y.measurements.where(source=device)] == [hours[4].id]
