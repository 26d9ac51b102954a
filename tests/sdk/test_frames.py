"""Lists as pandas data frames."""

from __future__ import annotations

import inspect
import sys

import pytest

from sdk import CumulocityClient, Measurement


def test_a_list_becomes_a_frame_with_a_column_per_path(c8y: CumulocityClient) -> None:
    frame = c8y.device_inventory.to_dataframe(
        ["id", "name", ("model", "c8y_Hardware.model")], type="c8y_Pump", order_by="name"
    )
    devices = c8y.device_inventory.where(type="c8y_Pump", order_by="name").all()
    assert len(devices) > 5
    assert list(frame.columns) == ["id", "name", "model"]
    assert frame["id"].tolist() == [one.id for one in devices]
    assert frame["model"].tolist() == [one["c8y_Hardware.model"] for one in devices]
    assert len(c8y.device_inventory.to_dataframe(["id"], limit=3)) == 3


def test_numbers_are_numbers_and_what_is_missing_is_missing(c8y: CumulocityClient) -> None:
    device = str(c8y.device_inventory.get_all(limit=1)[0].id)
    made = [("a.T", 1.5), ("a.T", 2.5), ("b.P", 7)]
    c8y.measurements.create(
        *(Measurement(type="x_F", source=device, time="now", series=series) for series in made)
    )
    columns = [("heat", "a.T.value"), ("pressure", "b.P.value")]
    frame = c8y.measurements.to_dataframe(columns, type="x_F", source=device)
    assert frame["heat"].sum() == 4
    assert frame["pressure"].count() == 1
    assert c8y.measurements.to_dataframe(columns, type="x_Nothing").shape == (0, 2)


def test_a_query_becomes_a_frame_too(c8y: CumulocityClient) -> None:
    groups = c8y.user_groups.where()
    assert groups.to_dataframe("id", "name")["name"].tolist() == [one.name for one in groups]


def test_conditions_that_are_checked_here_count(c8y: CumulocityClient) -> None:
    frame = c8y.device_inventory.to_dataframe(["name"], include="type == c8y_Pump", limit=2)
    assert len(frame) == 2


@pytest.mark.parametrize("columns", [[], ["id", "id"], ["id", ("id", "name")]])
def test_columns_have_names_of_their_own(c8y: CumulocityClient, calls: list[str], columns: list[str]) -> None:
    with pytest.raises(ValueError, match="a name of its own"):
        c8y.alarms.to_dataframe(columns)
    assert calls == []


def test_one_text_is_no_list_of_columns(c8y: CumulocityClient, calls: list[str]) -> None:
    with pytest.raises(TypeError, match=r"\['id'\]"):
        c8y.alarms.to_dataframe("id")
    assert calls == []


def test_without_pandas_nothing_is_sent(
    c8y: CumulocityClient, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        c8y.alarms.to_dataframe(["id"])
    assert calls == []


def test_help_shows_columns_and_filters(c8y: CumulocityClient) -> None:
    shown = inspect.signature(c8y.alarms.to_dataframe).parameters
    assert next(iter(shown)) == "columns"
    assert {"expression", "severity", "limit", "include"} <= set(shown)
    assert "as_values" not in shown
    assert "pandas" in (inspect.getdoc(c8y.alarms.to_dataframe) or "")
