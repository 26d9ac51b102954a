"""Files received piece by piece, in spite of broken connections."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sdk import BasicAuth, Binary, CumulocityClient, Download, NotFound, RetryPolicy, Unreachable
from sdk.rest.downloads import file_name
from tests.sdk.server import Answer, Server, Step, answer

CONTENT = bytes(range(256)) * 800
PIECE = 65536
QUICK = RetryPolicy(attempts=3, base=0.001, cap=0.002)

Serving = Callable[..., tuple[Server, CumulocityClient]]


@pytest.fixture
def serving() -> Iterator[Serving]:
    """A tenant that answers as said, and a client of it."""
    servers: list[Server] = []

    def made(*answers: Answer, semaphore: threading.Semaphore | None = None) -> Any:
        server = Server(*answers).__enter__()
        servers.append(server)
        auth = BasicAuth("admin", "x")
        return server, CumulocityClient(server.url, "t1", auth, semaphore=semaphore, retry=QUICK)

    yield made
    for server in servers:
        server.__exit__(None, None, None)


def broken(at: int, *headers: str) -> Answer:
    """An answer that breaks off after so many bytes."""
    head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(CONTENT)}", *headers, "", ""])
    steps: list[Step] = [head.encode() + CONTENT[:at], 0.05, None]
    return steps


def rest(start: int, end: int | None = None) -> Answer:
    """The part of the file from a byte on; cut short at ``end``."""
    part = CONTENT[start:]
    where = f"Content-Range: bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    [whole] = answer(part, "206 Partial Content", where)
    assert isinstance(whole, bytes)
    return [whole] if end is None else [whole[: len(whole) - len(CONTENT) + end], 0.05, None]


def ranges(server: Server) -> list[bytes | None]:
    found = [request.lower().partition(b"range: bytes=")[2].split(b"\r\n")[0] for request in server.requests]
    return [one or None for one in found]


def test_a_file_comes_in_pieces_with_its_name_and_type(serving: Serving) -> None:
    headers = ["Content-Type: text/csv", 'Content-Disposition: attachment; filename="../../a.csv"']
    server, c8y = serving(answer(CONTENT, "200 OK", *headers))
    with c8y.binaries.stream("4/2") as download:
        assert (download.name, download.content_type, download.size) == ("a.csv", "text/csv", len(CONTENT))
        assert b"".join(download) == CONTENT
        assert download.position == len(CONTENT)
    assert server.requests[0].startswith(b"GET /inventory/binaries/4%2F2 ")
    assert b"accept-encoding: identity" in server.requests[0].lower()


def test_a_broken_transfer_goes_on_where_it_broke(serving: Serving, tmp_path: Path) -> None:
    server, c8y = serving(broken(PIECE + 700), rest(PIECE, end=2 * PIECE + 9), rest(2 * PIECE))
    assert c8y.binaries.download("1", tmp_path / "file") == len(CONTENT)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert ranges(server) == [None, b"65536-", b"131072-"]
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_tenant_that_knows_no_ranges_may_send_it_again(serving: Serving) -> None:
    _, c8y = serving(broken(2 * PIECE + 700), broken(PIECE + 1), answer(CONTENT))
    with c8y.binaries.stream("1") as download:
        assert b"".join(download) == CONTENT


def test_without_progress_it_gives_up_and_leaves_nothing(serving: Serving, tmp_path: Path) -> None:
    server, c8y = serving(broken(PIECE + 700))
    with pytest.raises(Unreachable):
        c8y.binaries.download("1", tmp_path / "file")
    assert list(tmp_path.iterdir()) == []
    assert len(server.requests) == QUICK.attempts


def test_a_later_attempt_goes_on_with_what_an_earlier_one_left(serving: Serving, tmp_path: Path) -> None:
    _, c8y = serving(broken(PIECE + 700))
    with pytest.raises(Unreachable):
        c8y.binaries.download("1", tmp_path / "file", resume=True)
    assert (tmp_path / "file.part").read_bytes() == CONTENT[:PIECE]
    server, c8y = serving(rest(PIECE))
    assert c8y.binaries.download("1", tmp_path / "file", resume=True) == len(CONTENT)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert ranges(server) == [b"65536-"]


def test_what_is_left_of_another_file_is_not_used(serving: Serving, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(b"x" * 999_999)
    refused = answer(b"", "416 Range Not Satisfiable")
    for answers in ([refused, answer(CONTENT)], [answer(CONTENT), answer(CONTENT)]):
        _, c8y = serving(*answers)
        (tmp_path / "file.part").write_bytes(b"x" * 999_999)
        c8y.binaries.download("1", tmp_path / "file", resume=True)
        assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_file_that_changes_meanwhile_is_no_file(serving: Serving) -> None:
    changed = answer(CONTENT[PIECE:], "206 Partial Content", "Content-Range: bytes 65536-204799/999999")
    _, c8y = serving(broken(PIECE + 700), changed)
    with c8y.binaries.stream("1") as download, pytest.raises(Unreachable, match="changed"):
        list(download)


def test_only_the_rest_of_a_file_is_wanted(serving: Serving) -> None:
    server, c8y = serving(rest(204_752))
    with c8y.binaries.stream("1", start=204_752) as download:
        kept = io.BytesIO()
        assert download.save(kept) == 48
        assert kept.getvalue() == CONTENT[204_752:]
    assert ranges(server) == [b"204752-"]
    with pytest.raises(ValueError, match="byte 0"):
        c8y.binaries.stream("1", start=-1)


def test_a_refusal_is_told_before_the_first_piece(serving: Serving, tmp_path: Path) -> None:
    places = threading.Semaphore(1)
    body = b'{"error":"inventory/notFound","message":"No binary."}'
    _, c8y = serving(answer(body, "404 Not Found"), semaphore=places)
    with pytest.raises(NotFound, match="No binary"):
        c8y.binaries.stream("1")
    with pytest.raises(NotFound):
        c8y.binaries.download("1", tmp_path / "file")
    assert list(tmp_path.iterdir()) == []
    assert places.acquire(blocking=False)


def test_a_transfer_keeps_its_place_among_the_requests_until_it_ends(serving: Serving) -> None:
    places = threading.Semaphore(1)
    _, c8y = serving(broken(PIECE + 700), rest(PIECE), answer(CONTENT), semaphore=places)
    download: Download = c8y.binaries.stream("1")
    pieces = iter(download)
    next(pieces)
    assert not places.acquire(blocking=False)
    assert b"".join(pieces) == CONTENT[PIECE:]
    assert places.acquire(blocking=False)
    places.release()
    c8y.binaries.stream("1").close()
    assert places.acquire(blocking=False)


def test_names_of_files_are_harmless() -> None:
    assert file_name("attachment; filename=\"a.txt\"; filename*=UTF-8''%e2%82%ac.txt") == "€.txt"
    assert file_name("attachment; filename*=UTF-8''..%2f..%2fetc%2fpasswd") == "passwd"
    assert file_name('attachment; filename="C:\\\\temp\\\\x.bin"') == "x.bin"
    assert file_name('attachment; filename="a\x01\x7fb.txt"') == "ab.txt"
    assert [file_name(one) for one in (None, "attachment", 'attachment; filename=".."')] == ["", "", ""]


def test_a_file_is_uploaded_with_what_describes_it(serving: Serving, tmp_path: Path) -> None:
    stored = b'{"id":"5","name":"a.csv","length":3,"contentType":"text/csv","c8y_IsBinary":""}'
    server, c8y = serving(answer(stored, "201 Created"))
    file = tmp_path / "a.csv"
    file.write_bytes(b"1;2")
    made = c8y.binaries.upload(file, type="text/csv")
    assert (made.id, made.name, made.length, made.content_type) == ("5", "a.csv", 3, "text/csv")
    Binary(c8y, name="b.csv", type="text/csv", file=io.BytesIO(b"3"), c8y_Mine={"a": 1}).create()
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /inventory/binaries ")
    assert body.index(b'name="object"') < body.index(b'name="file"; filename="a.csv"')
    assert b'{"type":"text/csv","name":"a.csv"}' in body
    assert b'"c8y_Mine":{"a":1}' in server.requests[1]
    with pytest.raises(ValueError, match="file to upload"):
        c8y.binaries.create(Binary(name="x"))
    with pytest.raises(FileNotFoundError):
        c8y.binaries.upload(tmp_path / "none")
    assert len(server.requests) == 2
