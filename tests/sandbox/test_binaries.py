"""Files: binaries of the inventory and attachments of events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

BINARIES = "/inventory/binaries"
CONTENT = bytes(range(256)) * 4 + b"\r\n--not the boundary\r\n\r\n"
AS_TEXT = {"Content-Type": "text/plain", "Accept": "application/json"}


def upload(
    door: Door, content: bytes = CONTENT, name: str = "a.bin", named: str = "", **described: Any
) -> dict[str, Any]:
    if named:
        described["name"] = named
    parts = {
        "object": (None, json.dumps(described), "application/json"),
        "file": (name, content, "image/png"),
    }
    answer = door.call("POST", BINARIES, files=parts, headers={"Accept": "application/json"})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_file_comes_back_as_it_was_sent(checked: Door) -> None:
    made = upload(checked, name="C:\\temp\\pump.png", type="c8y_Picture", my_Fragment={"a": 1})
    assert (made["name"], made["type"], made["contentType"]) == ("pump.png", "c8y_Picture", "image/png")
    assert (made["length"], made["my_Fragment"]) == (len(CONTENT), {"a": 1})
    answer = checked.get(f"{BINARIES}/{made['id']}")
    assert (answer.content, answer.headers["Content-Type"]) == (CONTENT, "image/png")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="pump.png"'
    assert checked.get(f"/inventory/managedObjects/{made['id']}").json()["length"] == len(CONTENT)


@pytest.mark.fact("binary.name")
def test_names_are_quoted_and_encoded_in_the_header(checked: Door) -> None:
    made = upload(checked, named='Größe "1"\r\nX-Evil: 1')
    header = checked.get(f"{BINARIES}/{made['id']}").headers["Content-Disposition"]
    assert header == (
        "attachment; filename=\"Gr__e _1___X-Evil: 1\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20_1___X-Evil%3A%201"
    )


@pytest.mark.fact("header.range")
@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-9", (0, 9)),
        ("bytes=1000-", (1000, len(CONTENT) - 1)),
        ("bytes=-4", (len(CONTENT) - 4, len(CONTENT) - 1)),
    ],
)
def test_a_part_of_a_file(checked: Door, asked: str, span: tuple[int, int]) -> None:
    path = f"{BINARIES}/{upload(checked)['id']}"
    answer = checked.get(path, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, CONTENT[span[0] : span[1] + 1])
    assert answer.headers["Content-Range"] == f"bytes {span[0]}-{span[1]}/{len(CONTENT)}"


def test_a_part_beyond_the_end_is_refused_and_nonsense_gets_the_whole_file(checked: Door) -> None:
    path = f"{BINARIES}/{upload(checked)['id']}"
    refused = checked.get(path, headers={"Range": "bytes=5000-"})
    assert (refused.status_code, refused.headers["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")
    assert checked.get(path, headers={"Range": "lines=1-2"}).content == CONTENT


@pytest.mark.fact("binary.upload")
def test_a_file_is_replaced_by_a_raw_body_and_deleted_with_its_object(checked: Door, acme: Tenant) -> None:
    made = upload(checked)
    path = f"{BINARIES}/{made['id']}"
    replaced = checked.call("PUT", path, data=b"new", headers=AS_TEXT | {"Content-Type": "application/zip"})
    assert (replaced.status_code, replaced.json()["length"]) == (201, 3)
    assert checked.get(path).headers["Content-Type"] == "application/zip"
    assert checked.delete(path).status_code == 204
    assert checked.get(path).status_code == 404
    assert made["id"] not in acme.inventory.objects
    assert acme.inventory.files == {}


def test_only_binaries_are_listed(checked: Door, acme: Tenant) -> None:
    ids = [upload(checked, type=kind)["id"] for kind in ("a", "b", "b")]
    listed = checked.get(f"{BINARIES}?type=b&withTotalPages=true&pageSize=1").json()
    assert (listed["managedObjects"][0]["id"], listed["statistics"]["totalPages"]) == (ids[1], 2)
    assert [
        found["id"] for found in checked.everything(f"{BINARIES}?ids={ids[0]},{ids[2]}", "managedObjects")
    ] == [
        ids[0],
        ids[2],
    ]
    device = next(iter(acme.inventory.objects))
    assert checked.get(f"{BINARIES}/{device}").status_code == 404


@pytest.mark.fact("answer.bad-upload")
def test_bodies_that_are_no_upload_are_refused(checked: Door, acme: Tenant) -> None:
    before = len(acme.inventory.objects)
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Accept": "application/json"}
    whole = b'--x\r\nContent-Disposition: form-data; name="object"\r\n\r\n{}\r\n'
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabc'
    for body in (
        b"",
        b"--x--",
        whole + b"--x--\r\n",
        whole + file,
        whole.replace(b"{}", b"[") + file + b"\r\n--x--",
    ):
        answer = checked.call("POST", BINARIES, data=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "inventory/badRequest")
    assert checked.call("POST", BINARIES, json={}).status_code == 400
    assert checked.call("POST", BINARIES, data=b"x", headers=AS_TEXT).status_code == 415
    assert len(acme.inventory.objects) == before


def test_who_may_not_see_an_object_may_not_see_its_file(sandbox: Sandbox, admin: Door) -> None:
    path = f"{BINARIES}/{upload(admin)['id']}"
    stranger = Door(sandbox, "restricted")
    assert stranger.get(path).status_code == 403
    assert stranger.delete(path).status_code == 403
    assert stranger.everything(BINARIES, "managedObjects") == []


@pytest.fixture
def attachment(acme: Tenant) -> str:
    return f"/event/events/{next(iter(acme.events))}/binaries"


@pytest.mark.fact("attachment.one")
def test_an_event_has_one_attachment(checked: Door, acme: Tenant, attachment: str) -> None:
    event = attachment.split("/")[3]
    parts = {"object": (None, '{"name": "log.txt", "type": "text/plain"}'), "file": ("x.txt", b"hello")}
    made = checked.call("POST", attachment, files=parts, headers={"Accept": "application/json"})
    assert (made.status_code, made.json()["name"], made.json()["source"]) == (201, "log.txt", event)
    shown = checked.get(f"/event/events/{event}").json()["c8y_IsBinary"]
    assert shown == {"name": "log.txt", "length": 5, "type": "text/plain"}
    assert checked.call("POST", attachment, data=b"again", headers=AS_TEXT).status_code == 409
    answer = checked.get(attachment)
    assert (answer.content, answer.headers["Content-Disposition"]) == (
        b"hello",
        'attachment; filename="log.txt"',
    )
    assert checked.delete(attachment).status_code == 204
    assert "c8y_IsBinary" not in acme.events[event]
    assert checked.get(attachment).status_code == 404
    assert checked.delete(attachment).status_code == 404


def test_an_attachment_without_a_name_is_named_like_its_event(checked: Door, attachment: str) -> None:
    made = checked.call("POST", attachment, data=b"a,b", headers=AS_TEXT)
    assert made.json()["name"] == attachment.split("/")[3]
    named = {"Content-Type": "application/octet-stream", "Accept": "application/json"}
    named["Content-Disposition"] = "attachment; filename*=UTF-8''%C3%A4.bin"
    replaced = checked.call("PUT", attachment, data=b"\x00\xff", headers=named)
    assert (replaced.status_code, replaced.json()["name"]) == (201, "ä.bin")
    assert checked.get(attachment).content == b"\x00\xff"


def test_a_deleted_event_takes_its_attachment_along(checked: Door, acme: Tenant, attachment: str) -> None:
    checked.call("POST", attachment, data=b"x", headers=AS_TEXT)
    checked.delete(attachment.removesuffix("/binaries"))
    assert acme.events.attachments == {}
    assert checked.get(attachment).status_code == 404


@pytest.mark.parametrize("described", ['{"name": "\\ud800"}', '{"name": NaN}', "[]"])
def test_what_could_not_be_sent_again_is_refused(checked: Door, described: str) -> None:
    parts = {"object": (None, described), "file": ("f", b"x")}
    answer = checked.call("POST", BINARIES, files=parts, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (400, "inventory/badRequest")


@pytest.mark.parametrize("name", ["*=utf-7''+2AA-", "*=utf-8''%ED%A0%80", "*0*=x''%FF; filename*1=y", '="a'])
def test_half_characters_in_names_are_replaced(checked: Door, attachment: str, name: str) -> None:
    headers = AS_TEXT | {"Content-Disposition": f"attachment; filename{name}"}
    assert checked.call("PUT", attachment, data=b"x", headers=headers).status_code == 201
    assert checked.get(attachment).content == b"x"
