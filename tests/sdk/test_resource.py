"""The generic client for one resource of any service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sdk import BadAnswer, Connector, CumulocityClient, NotFound, ResourceClient, Unreachable
from tests.sdk.server import Server, answer, client


@pytest.fixture
def weather(connector: Connector) -> Iterator[tuple[Server, ResourceClient]]:
    with Server(answer(b'{"a":"007"}')) as server:
        c8y = client(server, connector)
        yield server, ResourceClient("service/weather", "stations/{station}/readings", c8y=c8y)


def test_every_verb_has_its_method_and_address(weather: tuple[Server, ResourceClient]) -> None:
    server, readings = weather
    params = {"unit": "K", "tag": ["a", "b"]}
    assert readings.create(data={"v": 1}, params=params, station="s/1").json() == {"a": "007"}
    readings.read(7, station=1)
    readings.update("7", data={"v": 2}, station=1)
    readings.partial_update(7, data={"v": None}, station=1)
    readings.delete(7, station=1)
    readings.delete(None, station=1)
    readings.head(pk=7, station=1)
    readings.head(station=1)
    readings.list(station=1)
    lines = [request.split(b" HTTP/1.1")[0].decode() for request in server.requests]
    assert lines == [
        "POST /service/weather/stations/s%2F1/readings?unit=K&tag=a&tag=b",
        "GET /service/weather/stations/1/readings/7",
        "PUT /service/weather/stations/1/readings/7",
        "PATCH /service/weather/stations/1/readings/7",
        "DELETE /service/weather/stations/1/readings/7",
        "DELETE /service/weather/stations/1/readings",
        "HEAD /service/weather/stations/1/readings/7",
        "HEAD /service/weather/stations/1/readings",
        "GET /service/weather/stations/1/readings",
    ]
    assert server.requests[0].endswith(b'\r\n\r\n{"v":1}')
    assert params == {"unit": "K", "tag": ["a", "b"]}


def test_without_data_nothing_is_sent(weather: tuple[Server, ResourceClient]) -> None:
    server, readings = weather
    readings.create(station=1)
    assert server.requests[0].endswith(b"\r\n\r\n")
    assert b"content-type" not in server.requests[0].lower()


def test_a_token_is_for_its_own_call_only(weather: tuple[Server, ResourceClient]) -> None:
    server, readings = weather
    readings.list(station=1)
    readings.list("another", station=1)
    readings.list(station=1)
    signs = [
        line
        for request in server.requests
        for line in request.split(b"\r\n")
        if line.startswith(b"Authorization")
    ]
    assert signs[1] == b"Authorization: Bearer another"
    assert signs[0] == signs[2] != signs[1]


def test_a_missing_placeholder_is_found_before_anything_is_sent(
    weather: tuple[Server, ResourceClient],
) -> None:
    server, readings = weather
    for wrong in ({}, {"station": None}, {"station": 1, "sensor": 2}, {"station": ".."}):
        with pytest.raises(ValueError, match=r"station|sensor|\.\."):
            readings.list(**wrong)
    for pk in ("", "..", None):
        with pytest.raises(ValueError, match=r"empty|\.\."):
            readings.read(pk, station=1)  # type: ignore[arg-type]
    assert server.requests == []


@pytest.mark.parametrize("wrong", [("", "x"), ("x", "/"), ("x", "y?z=1")])
def test_a_resource_has_an_application_and_a_path(wrong: tuple[str, str]) -> None:
    with CumulocityClient("http://tenant", "t1", None) as c8y, pytest.raises(ValueError, match="resource"):
        ResourceClient(*wrong, c8y=c8y)


def test_a_refusal_is_an_answer(connector: Connector) -> None:
    refused = answer(b"<html>", "404 Not Found")
    with Server(answer(b"", "503 Busy"), refused) as server:
        things = ResourceClient("service/a", "things", c8y=client(server, connector))
        response = things.read("1")
        assert (response.status_code, response.content) == (404, b"<html>")
        assert len(server.requests) == 2
        with pytest.raises(NotFound):
            things.get_all()


def test_no_answer_is_an_error(connector: Connector) -> None:
    with Server([None]) as server, pytest.raises(Unreachable):
        ResourceClient("service/a", "things", c8y=client(server, connector)).create(data={})


def pages(*documents: Any) -> list[Any]:
    return [answer(json.dumps(one).encode()) for one in documents]


@pytest.mark.parametrize(
    "documents",
    [
        [[{"id": "1"}, {"id": "2"}]],
        [{"things": [{"id": "1"}], "next": "http://evil/x?currentPage=2"}, {"things": [{"id": "2"}]}],
        [
            {"content": [{"id": "1"}], "_metadata": {"page": 0, "limit": 1, "total_records": 2}},
            {"content": [{"id": "2"}], "_metadata": {"page": 1, "limit": 1, "total_records": 2}},
        ],
        [
            {"content": [{"id": "1"}, {"id": "2"}], "_metadata": {"page": 0, "limit": 2, "total_records": 9}},
            {"content": [], "_metadata": {"page": 1, "limit": 2, "total_records": 9}},
        ],
    ],
)
def test_all_pages_are_read(connector: Connector, documents: list[Any]) -> None:
    with Server(*pages(*documents)) as server:
        things = ResourceClient("service/a", "things", c8y=client(server, connector))
        assert things.get_all(params={"x": 1}) == [{"id": "1"}, {"id": "2"}]
        assert len(server.requests) == len(documents)
        assert all(b"x=1" in request.partition(b"\r\n")[0] for request in server.requests)


@pytest.mark.parametrize(
    "document",
    [
        {"things": [1], "next": "/x?currentPage=2"},
        {"content": [1], "_metadata": {"page": 0, "limit": 1, "total_records": 9}},
        {"a": [], "b": []},
        {"a": 1},
        "text",
    ],
)
def test_pages_that_lead_nowhere_end_in_an_error(connector: Connector, document: Any) -> None:
    with Server(*pages(document)) as server, pytest.raises(BadAnswer):
        ResourceClient("service/a", "things", c8y=client(server, connector)).get_all()


def test_the_platforms_own_resources_work_too(c8y: CumulocityClient) -> None:
    things = ResourceClient("inventory", "managedObjects", c8y=c8y)
    made = things.create(data={"name": "007"}).json()
    assert things.read(made["id"]).json()["name"] == "007"
    assert len(things.get_all(params={"pageSize": 7})) == c8y.inventory.get_count()
    assert things.delete(made["id"]).status_code == 204
    assert things.read(made["id"]).status_code == 404
