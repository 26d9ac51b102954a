"""What other SDKs stumble over, each by itself."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from sdk import (
    BasicAuth,
    Connector,
    CumulocityClient,
    Device,
    ExternalId,
    RetryPolicy,
    ServerError,
    Unauthorized,
)
from tests.sdk.server import Server, answer, client


@pytest.mark.parametrize("total", [0, 1, 4, 5, 6, 10])
def test_counts_around_the_size_of_a_page(c8y: CumulocityClient, total: int) -> None:
    for number in range(total):
        Device(c8y, type="x_Counted", name=f"d{number}").create()
    query = c8y.device_inventory.where(type="x_Counted")
    assert query.count() == total
    page = query.page(1, 5)
    assert (page.total, page.pages, page.has_next) == (total, max(1, -(-total // 5)), total > 5)
    for size in (1, 5, None):
        found = c8y.device_inventory.get_all(type="x_Counted", limit=None, page_size=size)
        assert len({one.id for one in found}) == len(found) == total


@pytest.mark.parametrize(
    "name", ["O'Brien", "a & b", "50% + 1", "x;y", "a=b?c#d", "ü ✓", '"q"', "a\\b", "(x)"]
)
def test_any_name_is_found_again(c8y: CumulocityClient, name: str) -> None:
    made = Device(c8y, type="x y", name=name).create()
    assert [one.id for one in c8y.device_inventory.get_all(name=name, type="x y")] == [made.id]
    c8y.identity.create(
        ExternalId(external_id=name + "/;?#", external_type="c8y Serial", managed_object_id=made.id)
    )
    assert c8y.identity.get_id(name + "/;?#", "c8y Serial") == made.id


def test_all_filters_take_part_beside_a_query(c8y: CumulocityClient) -> None:
    for kind in ("x_One", "x_Two"):
        Device(c8y, type=kind, name="same").create()
    found = c8y.device_inventory.get_all(query="name eq 'same'", type="x_Two", limit=None)
    assert [one.type for one in found] == ["x_Two"]


@pytest.mark.parametrize("serial", ["007", "1e5", "1.10", "inf", "0x1F", "true", "12345678901234567890"])
def test_texts_that_look_like_numbers_stay_texts(c8y: CumulocityClient, serial: str) -> None:
    made = Device(c8y, name=serial, c8y_Hardware={"serialNumber": serial}).create()
    again = c8y.device_inventory.get(made.id or "")
    assert (again.name, again["c8y_Hardware.serialNumber"]) == (serial, serial)
    assert c8y.device_inventory.get_all(ids=[made.id], as_values="c8y_Hardware.serialNumber") == [serial]


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b"{", b"null", b'["x"]', b'{"message": 5}'])
@pytest.mark.parametrize(("status", "kind"), [("401 No", Unauthorized), ("500 Oops", ServerError)])
def test_a_refusal_without_a_document_is_told_by_its_status(
    connector: Connector, status: str, kind: type[Exception], body: bytes
) -> None:
    with Server(answer(body, status)) as server:
        c8y = client(server, connector, retry=RetryPolicy.none())
        for call in (lambda: c8y.get("/x"), lambda: c8y.post("/x", json={}), lambda: c8y.get_file("/x")):
            with pytest.raises(kind) as caught:
                call()
            assert "<" not in str(caught.value)


def test_the_tenant_stands_once_before_the_name(connector: Connector) -> None:
    with Server(answer()) as server:
        for user in ("admin", "t1/admin"):
            c8y = CumulocityClient(
                server.url, "t1", BasicAuth(user, "x"), connector_factory=lambda: connector
            )
            c8y.get("/x")
    signs = {line for one in server.requests for line in one.split(b"\r\n") if b"Authorization" in line}
    assert len(signs) == 1


def test_external_ids_are_created_with_the_platforms_own_type(connector: Connector) -> None:
    made = {"externalId": "1", "type": "c8y_Serial", "managedObject": {"id": "7"}}
    with Server(answer(json.dumps(made).encode(), "201 Created")) as server:
        c8y = client(server, connector)
        c8y.identity.create(ExternalId(external_id="1", external_type="c8y_Serial", managed_object_id="7"))
    assert b"accept: application/vnd.com.nsn.cumulocity.externalid+json" in server.requests[0].lower()


def test_get_with_a_mode_and_posts_without_content_are_plain(connector: Connector) -> None:
    with Server(answer()) as server:
        c8y = client(server, connector, processing_mode="TRANSIENT")
        c8y.get("/x")
        c8y.post("/x")
    assert b"processing-mode" not in server.requests[0].lower()
    assert server.requests[1].endswith(b"\r\n\r\n")
    assert b"content-length: 0" in server.requests[1].lower()


def test_an_upload_has_more_time_than_a_call(connector: Connector) -> None:
    slow: Any = [0.3, *answer(b"{}", "201 Created")]
    with Server(slow) as server:
        c8y = client(server, connector, deadline=0.1)
        assert c8y.post_file("/x", io.BytesIO(b"content"), filename="/home/me/a.txt") == {}
    assert b'filename="a.txt"' in server.requests[0]


def test_one_limit_holds_for_files_and_calls(connect: Callable[..., CumulocityClient]) -> None:
    entered: list[str] = []

    class Places:
        """A semaphore that counts."""

        def acquire(self, timeout: float | None = None) -> bool:
            entered.append("in")
            return True

        def release(self) -> None:
            entered.append("out")

    c8y = connect(semaphore=Places())
    c8y.users.get_current()
    binary = c8y.binaries.upload(io.BytesIO(b"x"), "x.txt", "text/plain")
    c8y.binaries.read_file(binary.id or "")
    assert entered == ["in", "out"] * 3
