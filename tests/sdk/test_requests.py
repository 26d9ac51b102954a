"""Paths, parameters, times, files: how values travel."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import time_machine

from sdk import CumulocityClient, Timeout, path
from sdk import query_language as ql
from sdk.rest import codec, redaction
from tests.sdk.server import Answer, Server, answer


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        (("inventory", "managedObjects", "1"), "/inventory/managedObjects/1"),
        (("a/b", "c?d#e", "x;y"), "/a%2Fb/c%3Fd%23e/x%3By"),
        (("ü 日", "%", "..."), "/%C3%BC%20%E6%97%A5/%25/..."),
        ((5,), "/5"),
    ],
)
def test_segments_are_quoted_whole(segments: Any, expected: str) -> None:
    assert path(*segments) == expected


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_segments_that_lead_elsewhere_are_refused(segment: str) -> None:
    with pytest.raises(ValueError, match="path"):
        path("inventory", segment)


@pytest.mark.parametrize(
    "resource", ["", "inventory", "//evil/x", "/a/../b", "/a/%2e%2E/b", "/a/./b", "/a#b", "https://evil/x"]
)
def test_resources_that_lead_elsewhere_are_refused(resource: str) -> None:
    with (
        CumulocityClient("http://127.0.0.1:1", "t1", None) as c8y,
        pytest.raises(ValueError, match="resource"),
    ):
        c8y.get(resource)


def test_raw_resources_are_made_safe_and_keep_their_query() -> None:
    with Server(answer()) as server, CumulocityClient(server.url, "t1", None) as c8y:
        c8y.get("/a b/ü?x=1 2\r\nX-Evil: 1", params={"y": None, "z": True})
    assert server.requests[0].startswith(b"GET /a%20b/%C3%BC?x=1%202%0D%0AX-Evil:%201&z=true HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "address",
    [
        "acme.cumulocity.com",
        "ftp://acme",
        "http://",
        "https://u:p@acme",
        "https://acme?x=1",
        "https://acme#x",
        "",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        CumulocityClient(address, "t1", None)


def test_a_base_address_may_have_a_path() -> None:
    with Server(answer()) as server, CumulocityClient(server.url + "/proxy/", "t1", None) as c8y:
        c8y.get("/x")
    assert server.requests[0].startswith(b"GET /proxy/x HTTP/1.1")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31T12:00:00.5+02:00", "2026-01-31T12:00:00.5+02:00"),
        (date(2026, 1, 31), "2026-01-31T00:00:00.000Z"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00.000Z"),
        (
            datetime(2026, 1, 31, 12, 0, 0, 999999, timezone(-timedelta(hours=3))),
            "2026-01-31T12:00:00.999-03:00",
        ),
        ("now", "2026-02-01T10:00:00.000Z"),
    ],
)
def test_moments_in_every_form(value: Any, expected: str) -> None:
    with time_machine.travel(datetime(2026, 2, 1, 10, tzinfo=UTC), tick=False):
        assert codec.instant(value) == expected


@pytest.mark.parametrize("value", ["yesterday", "", "31.01.2026", "2026-13-01", datetime(2026, 1, 31)])  # noqa: DTZ001
def test_moments_that_are_none_are_refused(c8y: CumulocityClient, value: Any) -> None:
    with pytest.raises(ValueError, match=r"time zone|no ISO"):
        c8y.alarms.where(date_from=value)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1d", 86400),
        ("2h30m", 9000),
        ("1w 1s", 604801),
        ("500ms", 0.5),
        ("1.5h", 5400),
        (timedelta(minutes=1), 60),
    ],
)
def test_ages_in_every_form(c8y: CumulocityClient, value: Any, seconds: float) -> None:
    moment = datetime(2026, 2, 1, 10, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        params = c8y.alarms.where(max_age=value).params
    assert codec.parse_instant(params["dateFrom"]) == moment - timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["", "1", "d", "1y", "-1d", "1h-2m", timedelta(-1)])
def test_ages_that_are_none_are_refused(c8y: CumulocityClient, value: Any) -> None:
    with pytest.raises(ValueError, match="duration"):
        c8y.alarms.where(max_age=value)


def test_two_bounds_of_the_same_kind_contradict(c8y: CumulocityClient) -> None:
    with pytest.raises(ValueError, match="given twice"):
        c8y.alarms.where(date_from="2026-01-01", max_age="1d")
    with pytest.raises(ValueError, match="given twice"):
        c8y.alarms.where("dateFrom=2026-01-01", after="2026-01-01")
    with pytest.raises(ValueError, match="one value"):
        c8y.alarms.where(source=["1", "2"])  # type: ignore[arg-type]


def test_a_name_may_come_more_than_once_in_an_expression(c8y: CumulocityClient) -> None:
    query = c8y.bulk_operations.where("?generalStatus=FAILED&generalStatus=SCHEDULED&withDeleted=true")
    assert query.params == {"generalStatus": ["FAILED", "SCHEDULED"], "withDeleted": "true"}
    assert codec.query_string(query.params) == "generalStatus=FAILED&generalStatus=SCHEDULED&withDeleted=true"
    with pytest.raises(ValueError, match="given twice"):
        c8y.inventory.where("type=a&q=name eq 'x'", type="b")


@pytest.mark.parametrize("expression", ["nonsense", "=x", "a=1&b"])
def test_an_expression_that_is_none_is_refused(c8y: CumulocityClient, expression: str) -> None:
    with pytest.raises(ValueError, match="parameter"):
        c8y.alarms.where(expression)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("O'Brien", "'O''Brien'"),
        (5, "5"),
        (1.5, "1.5d"),
        (True, "true"),
        (None, "null"),
        (datetime(2026, 1, 31, tzinfo=UTC), "'2026-01-31T00:00:00.000Z'"),
    ],
)
def test_literals_of_the_query_language(value: Any, expected: str) -> None:
    assert ql.eq("x", value) == f"x eq {expected}"


def test_conditions_are_put_together() -> None:
    both = ql.all_of(ql.has("a"), None, "", ql.any_of("b eq 1", "c eq 2"), ql.negate(ql.has_any("d", "e")))
    assert both == "(has(a)) and ((b eq 1) or (c eq 2)) and (not(hasany(d,e)))"
    assert ql.all_of() == ""
    assert ql.any_of("a eq 1") == "a eq 1"
    groups = ql.all_of(ql.by_group(1, "2"), ql.in_hierarchy_of(3))
    assert groups == "(bygroupid(1,2)) and (isinhierarchyof(3))"
    compared = [compare("a.b", 1) for compare in (ql.gt, ql.ge, ql.lt, ql.le)]
    assert compared == [f"a.b {operator} 1" for operator in ("gt", "ge", "lt", "le")]
    assert ql.split("$filter=a eq '$orderby=x' $orderby=name desc") == ("a eq '$orderby=x'", "name desc")


def test_names_and_ids_cannot_smuggle_conditions() -> None:
    for wrong in ("a) or (b", "a b", "", "a'b"):
        with pytest.raises(ValueError, match="field"):
            ql.has(wrong)
        with pytest.raises(ValueError, match="field"):
            ql.eq(wrong, 1)
        with pytest.raises(ValueError, match="group"):
            ql.by_group(wrong)
    with pytest.raises(ValueError, match="group"):
        ql.by_group()


@pytest.mark.parametrize("kind", ["path", "text", "open", "stream"])
def test_a_file_is_uploaded_in_pieces(tmp_path: Path, kind: str) -> None:
    file = tmp_path / 'ü "x".txt'
    file.write_bytes(b"0123456789" * 100_000)
    opened = file.open("rb")
    given: Any = {"path": file, "text": str(file), "open": opened, "stream": Unseekable(opened)}[kind]
    with (
        Server(answer(b'{"id":"1"}', "201 Created")) as server,
        CumulocityClient(server.url, "t1", None) as c8y,
    ):
        made = c8y.post_file(
            "/inventory/binaries",
            given,
            filename=file.name,
            form_data={"object": {"name": "n"}},
            content_type="text/x",
        )
        c8y.put_file("/inventory/binaries/1", io.BytesIO(b"abc"), content_type="text/y")
    opened.close()
    assert made == {"id": "1"}
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    mark = head.lower().partition(b"boundary=")[2].partition(b"\r\n")[0]
    first, second, end = body.split(b"--" + mark)[1:]
    assert b'name="object"\r\nContent-Type: application/json\r\n\r\n{"name":"n"}\r\n' in first
    assert (
        b"filename=\"? %22x%22.txt\"; filename*=UTF-8''%C3%BC%20%22x%22.txt\r\nContent-Type: text/x" in second
    )
    assert second.endswith(b"0123456789" * 100_000 + b"\r\n")
    assert end == b"--\r\n"
    assert server.requests[1].endswith(b"\r\n\r\nabc")
    assert b"content-type: text/y" in server.requests[1].lower()


class Unseekable(io.RawIOBase):
    """A stream that can be read once, like a pipe."""

    def __init__(self, source: Any) -> None:
        self.read = source.read  # type: ignore[method-assign]

    def readable(self) -> bool:
        return True


def test_an_upload_that_was_turned_away_is_sent_whole_again(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"content")
    busy, created = answer(b"", "429 Too Many", "Retry-After: 0"), answer(b"{}", "201 Created")
    with Server(busy, created) as server, CumulocityClient(server.url, "t1", None) as c8y:
        c8y.put_file("/x", file)
    assert [request.endswith(b"\r\n\r\ncontent") for request in server.requests] == [True, True]


def test_an_upload_may_take_longer_than_a_call() -> None:
    slow: Answer = [0.2, *answer(b"{}", "201 Created")]
    with Server(slow) as server, CumulocityClient(server.url, "t1", None, deadline=0.05) as c8y:
        assert c8y.put_file("/x", io.BytesIO(b"content")) == {}
        with pytest.raises(Timeout):
            c8y.put("/x", json={})


def test_a_file_is_downloaded_as_it_is(c8y: CumulocityClient) -> None:
    image = answer(b"\x00\xff raw", "200 OK", "Content-Type: image/png")
    with Server(image) as server, CumulocityClient(server.url, "t1", None) as plain:
        assert plain.get_file("/inventory/binaries/1") == b"\x00\xff raw"
    with pytest.raises(OSError, match="no-such-file"):
        c8y.post_file("/inventory/binaries", "/no-such-file")


def test_logs_hold_no_secrets() -> None:
    headers = {"AUTHORIZATION": "Basic x", "Cookie": "x", "x-xsrf-token": "x", "Accept": "json"}
    assert list(redaction.headers(headers).values()) == ["***", "***", "***", "json"]
    body = {"a": [{"newPassword": "x"}], "credentials.key": "x", "name": "n", "tfa_code": "1"}
    assert redaction.body(body) == {
        "a": [{"newPassword": "***"}],
        "credentials.key": "***",
        "name": "n",
        "tfa_code": "***",
    }
    assert redaction.url("https://u:p@h/a?token=x&b=1%202") == "/a?token=***&b=1%202"
