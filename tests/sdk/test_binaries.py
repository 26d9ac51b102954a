"""Files in the inventory, at the sandbox."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from sdk import Binary, CumulocityClient, NotFound


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "values.csv"
    found.write_bytes(b"a;b\n1;2\n")
    return found


def test_a_file_is_uploaded_read_and_deleted(c8y: CumulocityClient, file: Path) -> None:
    made = c8y.binaries.upload(file, type="text/csv")
    assert (made.name, made.type, made.length) == ("values.csv", "text/csv", 8)
    assert made.read_file() == c8y.binaries.read_file(str(made.id)) == b"a;b\n1;2\n"
    read = c8y.binaries.get(str(made.id))
    assert (read.name, read.content_type) == ("values.csv", "text/csv")
    c8y.binaries.delete(made)
    with pytest.raises(NotFound):
        c8y.binaries.read_file(str(made.id))


def test_many_are_created_and_deleted_at_once(c8y: CumulocityClient) -> None:
    wanted = [Binary(name=f"f{at}", type="text/plain", file=io.BytesIO(b"x" * at)) for at in range(1, 5)]
    made = c8y.binaries.create(*wanted, workers=3)
    assert sorted(one.length or 0 for one in made) == [1, 2, 3, 4]
    c8y.binaries.delete(made[0], *(str(one.id) for one in made[1:]), workers=3)
    assert c8y.binaries.get_count(type="text/plain") == 0


def test_files_are_listed_by_type_owner_and_id(c8y: CumulocityClient, file: Path) -> None:
    made = [c8y.binaries.upload(file, type=f"x/{at}") for at in range(3)]
    ids = [str(one.id) for one in made]
    assert [one.id for one in c8y.binaries.get_all(type="x/1", owner="admin")] == [ids[1]]
    assert {one.id for one in c8y.binaries.select(ids=ids[:2], limit=None)} == set(ids[:2])
    assert c8y.binaries.get_count(type="x/2") == 1
    assert c8y.binaries.get_all(type="x/0", as_values="name") == ["values.csv"]
    with pytest.raises(TypeError, match="child_addition"):
        c8y.binaries.where(child_adition="1")


def test_the_content_and_what_describes_it_change_apart(c8y: CumulocityClient, file: Path) -> None:
    made = c8y.binaries.upload(file, type="text/csv")
    c8y.binaries.update(str(made.id), io.BytesIO(b"other"), type="text/plain")
    assert made.read_file() == b"other"
    c8y.binaries.update(str(made.id), file=file)
    made.name = "renamed.csv"
    made["c8y_Mine"] = {"a": 1}
    made.update()
    assert made.read_file() == b"a;b\n1;2\n"
    made.file = io.BytesIO(b"third")
    made.name = "third.csv"
    fresh = made.update(copy=True)
    assert (fresh.name, fresh["c8y_Mine.a"], fresh.read_file()) == ("third.csv", 1, b"third")
    made.file = io.BytesIO(b"fourth")
    c8y.binaries.update(made)
    assert (made.name, made.length, made.file) == ("third.csv", 6, None)
    with pytest.raises(ValueError, match="new content"):
        c8y.binaries.update(str(made.id))
    c8y.binaries.update({"name": "fifth"}, str(made.id))
    assert made.reload().name == "fifth"


def test_a_file_is_received_to_a_path_or_an_open_file(
    c8y: CumulocityClient, file: Path, tmp_path: Path
) -> None:
    id = str(c8y.binaries.upload(file).id)
    assert c8y.binaries.download(id, tmp_path / "copy") == 8
    assert (tmp_path / "copy").read_bytes() == file.read_bytes()
    kept = io.BytesIO()
    assert c8y.binaries.download(id, kept) == 8
    assert kept.getvalue() == file.read_bytes()
    with c8y.binaries.stream(id, start=4) as download:
        assert (download.name, b"".join(download)) == ("values.csv", b"1;2\n")
