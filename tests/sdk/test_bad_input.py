"""What cannot be meant is refused in words that say what to do, before anything is sent."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import sdk
from sdk import AlarmStatus, BadAnswer, CumulocityClient, NotFound, Unauthorized
from tests.sdk.server import Server, answer, client, lines

NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001
Call = Callable[[CumulocityClient], Any]

# By what is wrong: a call, the error, and words that its sentence holds.
REFUSED: dict[str, tuple[Call, type[Exception], str]] = {
    "a datetime without a zone": (
        lambda c8y: c8y.events.get_all(after=NAIVE),
        ValueError,
        r"time zone",
    ),
    "a time without a zone in an object": (lambda c8y: sdk.Event(c8y, time=NAIVE), ValueError, r"time zone"),
    "an age that is none": (lambda c8y: c8y.alarms.get_all(max_age="soon"), ValueError, r"2h30m|1d"),
    "a misspelt filter": (
        lambda c8y: c8y.alarms.get_all(sevrity="MAJOR"),  # type: ignore[call-arg]
        TypeError,
        r"'sevrity'.*Did you mean 'severity'\?",
    ),
    "a misspelt filter of a deletion": (
        lambda c8y: c8y.events.delete_by(sorce="1"),  # type: ignore[call-arg]
        TypeError,
        r"'sorce'.*'source'",
    ),
    "a filter for operations that is empty": (
        lambda c8y: c8y.operations.delete_by(device_id=""),
        ValueError,
        r"'device_id' is empty; leave it out",
    ),
    "a source that is empty": (lambda c8y: c8y.alarms.get_all(source=""), ValueError, r"'source' is empty"),
    "no ids among which to look": (lambda c8y: c8y.inventory.get_all(ids=[]), ValueError, r"'ids' is empty"),
    "no severity that would do": (
        lambda c8y: c8y.alarms.apply_by({"status": "CLEARED"}, severity=[]),
        ValueError,
        r"'severity' is empty",
    ),
    "a number for a time": (
        lambda c8y: c8y.events.get_all(date_from=1_700_000_000),  # type: ignore[arg-type]
        TypeError,
        r"not int",
    ),
    "no filter for a deletion": (lambda c8y: c8y.alarms.delete_by(), ValueError, r"At least one filter"),
    "no operations named to delete": (
        lambda c8y: c8y.operations.delete_by(),
        ValueError,
        r"everything",
    ),
    "no measurements named to delete": (
        lambda c8y: c8y.measurements.delete_by(type="x"),
        ValueError,
        r"source or dates",
    ),
    "events of a type, everywhere and always": (
        lambda c8y: c8y.events.delete_by(type="x"),
        ValueError,
        r"source or dates",
    ),
    "alarms of a type, everywhere and always": (
        lambda c8y: c8y.alarms.delete_by(type="x", resolved=True),
        ValueError,
        r"source or dates",
    ),
    "no subscriptions named to delete": (lambda c8y: c8y.subscriptions.delete_by(), ValueError, r"."),
    "a filter that only widens": (
        lambda c8y: c8y.alarms.delete_by(with_source_assets=True),
        ValueError,
        r"At least one filter",
    ),
    "a filter the deletion does not know": (
        lambda c8y: c8y.operations.delete_by(bulk_id="7"),  # type: ignore[call-arg]
        TypeError,
        r"A call that changes many operations has no filter 'bulk_id'",
    ),
    "the segment .": (lambda c8y: c8y.inventory.get("."), ValueError, r"'\.'"),
    "the segment ..": (lambda c8y: c8y.users.delete(".."), ValueError, r"'\.\.'"),
    "a resource with a relative segment": (lambda c8y: c8y.get("/inventory/../user"), ValueError, "relative"),
    "an empty id": (lambda c8y: c8y.inventory.delete(""), ValueError, r"empty"),
    "no id at all": (lambda c8y: c8y.inventory.get(None), TypeError, r"not NoneType"),  # type: ignore[arg-type]
    "a list of ids": (lambda c8y: c8y.inventory.delete(["1", "2"]), TypeError, r"not list.*its id"),  # type: ignore[arg-type]
    "an object instead of its id": (
        lambda c8y: c8y.identity.get_id(sdk.Device.from_json({"id": "1"}), "c8y_Serial"),  # type: ignore[arg-type]
        TypeError,
        r"not Device.*its id",
    ),
    "bytes for an id": (lambda c8y: c8y.inventory.get(b"1"), TypeError, r"not bytes"),  # type: ignore[arg-type]
    "nothing among ids": (
        lambda c8y: c8y.inventory.get_all(ids=["1", None]),  # type: ignore[list-item]
        TypeError,
        r"not NoneType",
    ),
    "nothing in a repeated parameter": (
        lambda c8y: c8y.get("/x", params={"a": ["1", None]}),
        TypeError,
        r"not NoneType",
    ),
    "a list of objects": (
        lambda c8y: c8y.inventory.create([sdk.Device(name="x")]),  # type: ignore[arg-type]
        TypeError,
        r"argument of its own.*not list",
    ),
    "a document for an object": (
        lambda c8y: c8y.inventory.create({"name": "x"}),  # type: ignore[arg-type]
        TypeError,
        r"not dict",
    ),
    "a change of a list": (lambda c8y: c8y.inventory.update([sdk.Device()]), TypeError, r"not list"),
    "an external id by its parts alone": (
        lambda c8y: c8y.identity.create("SN-1", "c8y_Serial", "1001"),  # type: ignore[arg-type]
        TypeError,
        r"not str",
    ),
    "an object for a filter": (
        lambda c8y: c8y.alarms.get_all(source=sdk.Device.from_json({"id": "1"})),  # type: ignore[arg-type]
        TypeError,
        r"not Device.*its id",
    ),
    "an object in a filter of several": (
        lambda c8y: c8y.users.where(groups=[sdk.UserGroup(name="x")]),  # type: ignore[list-item]
        TypeError,
        r"not UserGroup.*its id",
    ),
    "an object for a source": (
        lambda c8y: sdk.Event(c8y, source=sdk.Device.from_json({"id": "1"})),  # type: ignore[arg-type]
        TypeError,
        r"not Device.*its id",
    ),
    "a query that is no parameter": (
        lambda c8y: c8y.inventory.get_all("$filter=name eq 'x'"),
        ValueError,
        r"q=\$filter=name eq 'x'\.",
    ),
    "a condition that is no parameter": (
        lambda c8y: c8y.inventory.get_all("name eq 'a=b'"),
        ValueError,
        r"no parameter like name=value",
    ),
    "a user name where both belong": (
        lambda _: CumulocityClient("http://x", "t1", "admin", "secret"),  # type: ignore[arg-type]
        TypeError,
        r"BasicAuth\(user, password\)",
    ),
    "bytes for a file": (
        lambda c8y: c8y.binaries.upload(b"content", "x.txt"),  # type: ignore[arg-type]
        TypeError,
        r"io\.BytesIO",
    ),
    "an object without an id": (lambda c8y: sdk.Alarm(c8y).reload(), ValueError, r"no id yet; create it"),
    "an object without a client": (lambda _: sdk.Device(name="x").create(), ValueError, r"c8y=…"),
    "a limit of 0": (lambda c8y: c8y.alarms.get_all(limit=0), ValueError, r"None for all"),
    "a negative limit": (lambda c8y: c8y.alarms.where().limit(-1), ValueError, r"at least 1"),
    "a page of no rows": (lambda c8y: c8y.alarms.get_all(page_size=0), ValueError, r"1 to 2000"),
    "a page of -5 rows": (lambda c8y: c8y.alarms.where().page(1, -5), ValueError, r"1 to 2000"),
    "a page of 2001 rows": (lambda c8y: c8y.alarms.get_all(page_size=2001), ValueError, r"1 to 2000.*trim"),
    "the page 0": (lambda c8y: c8y.alarms.get_all(page_number=0), ValueError, r"count from 1"),
    "no workers": (lambda c8y: c8y.inventory.create(sdk.Device(), sdk.Device(), workers=-1), ValueError, "."),
    "two orders": (
        lambda c8y: c8y.events.get_all(ascending=True, revert=False),
        ValueError,
        "contradict",
    ),
    "two bounds": (
        lambda c8y: c8y.events.get_all(after="now", max_age="1d"),
        ValueError,
        r"dateFrom is given twice",
    ),
    "no such file": (
        lambda c8y: c8y.binaries.upload("/nowhere/x.csv"),
        FileNotFoundError,
        r"/nowhere/x\.csv",
    ),
    "a folder": (lambda c8y: c8y.put_file("/inventory/binaries/1", Path("/")), IsADirectoryError, r"'/'"),
    "a file of text": (
        lambda c8y: c8y.binaries.upload(io.StringIO("a"), "a.txt"),  # type: ignore[arg-type]
        TypeError,
        r"'rb'",
    ),
    "nothing to write": (lambda c8y: c8y.inventory.update({}, "1"), ValueError, r"nothing to write"),
    "a mode there is none of": (lambda c8y: c8y.processing("FAST"), ValueError, r"FAST"),
    "quotes that do not match": (lambda c8y: c8y.inventory.get_all(query="name eq 'x"), ValueError, r"quote"),
}


@pytest.mark.parametrize("wrong", list(REFUSED))
def test_what_cannot_be_meant_is_not_sent(c8y: CumulocityClient, calls: list[str], wrong: str) -> None:
    call, kind, words = REFUSED[wrong]
    with pytest.raises(kind, match=words) as caught:
        call(c8y)
    assert calls == []
    assert re.search(r"[a-z]{3}", str(caught.value))


class Serial(str):
    """A text of one's own kind."""


class Site(Enum):
    NORTH = "north/1"


ONE = UUID("6f1c0a52-4f0e-4a53-9d0c-5a3c5f7f4b11")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (7, "7"),
        (ONE, str(ONE)),
        (Serial("a b"), "a%20b"),
        (Site.NORTH, "north%2F1"),
        (AlarmStatus.ACTIVE, "ACTIVE"),
    ],
)
def test_whatever_is_one_value_is_written_alike_in_paths_and_parameters(given: Any, sent: str) -> None:
    found = answer(b'{"id": "1", "managedObject": {"id": "1"}}')
    with Server(found, found, answer(b'{"managedObjects": []}')) as server:
        with CumulocityClient(server.url, "t1", None) as c8y:
            c8y.identity.get_id(given, "c8y_Serial")
            c8y.inventory.get(given)
            c8y.inventory.get_all(type=given)
        by_identity, by_id, listed = lines(server)
    assert by_identity == f"GET /identity/externalIds/c8y_Serial/{sent}"
    assert by_id == f"GET /inventory/managedObjects/{sent}?withChildren=false"
    assert f"type={sent}&" in f"{listed}&"


@pytest.mark.parametrize("id", ["a/b", "a?b", "a#b", "a;b", "a b", "ä", "100%", "../x"])
def test_an_id_stays_one_segment_of_the_path(id: str) -> None:
    with Server(answer(b'{"id": "1"}')) as server, CumulocityClient(server.url, "t1", None) as c8y:
        c8y.users.get(id)
        [line] = lines(server)
    assert line.count("/") == 4
    assert not set("?#; ") & set(line.removeprefix("GET "))


@pytest.mark.parametrize("stock", [False, True], ids=["own", "stock"])
def test_answers_that_are_no_answers_are_told(stock: bool) -> None:
    html = answer(b"<html>", "200 OK", "Content-Type: text/html")
    empty = answer(b"", "401 Unauthorized")
    half = [b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"a":', None]
    with Server(html, empty, half) as server:
        connector = sdk.Connector(stock=stock)
        c8y = client(server, connector, retry=sdk.RetryPolicy.none())
        with pytest.raises(BadAnswer, match=r"200 with text/html.*GET /x"):
            c8y.get("/x")
        with pytest.raises(Unauthorized, match="Unauthorized"):
            c8y.get("/x")
        with pytest.raises(sdk.Unreachable, match="broke"):
            c8y.get("/x")
        connector.close()


def test_a_foreign_link_leads_nowhere_else_and_a_circle_ends() -> None:
    page = b'{"alarms": [{"id": "%d"}], "next": "http://evil.example/alarm/alarms?currentPage=%d&pageSize=1"}'
    last = b'{"alarms": []}'
    with Server(answer(page % (1, 2)), answer(last)) as server:
        with CumulocityClient(server.url, "t1", None) as c8y:
            assert len(c8y.alarms.get_all(limit=None, workers=1)) == 1
        assert len(server.requests) == 2
    with (
        Server(answer(page % (1, 2))) as server,
        CumulocityClient(server.url, "t1", None) as c8y,
        pytest.raises(BadAnswer, match="circle"),
    ):
        c8y.alarms.get_all(limit=None, workers=1)


def test_what_is_not_there_is_a_key_error_with_the_tenants_words(c8y: CumulocityClient) -> None:
    with pytest.raises(NotFound, match="999999") as caught:
        c8y.inventory.get("999999")
    assert isinstance(caught.value, KeyError)


def test_an_age_is_not_negative(c8y: CumulocityClient) -> None:
    c8y.alarms.get_count(max_age=timedelta(days=1))
    with pytest.raises(ValueError, match=r"negative|future|age"):
        c8y.alarms.get_count(max_age=timedelta(days=-1))
