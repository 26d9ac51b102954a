"""Numbers such as 48,137: what the comma is, the rest of the file tells, or the user."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from tests.imports.conftest import Importer, inputs

pytestmark = pytest.mark.django_db
Start = Callable[..., Importer]
Find = Callable[[str], Any]
UNTOLD = "serial\tname\tc8y_Size.length\tc8y_Size.width\nSN-1\tP\t51,234\t1,500\nSN-2\tQ\t-9,001\t2\n"


def lengths(header: str, *rows: str) -> str:
    """A file with such a column, and what the rows hold in it and those behind it."""
    separator = ";" if ";" in header else "\t"
    lines = [f"SN-{n}{separator}P{separator}{row}" for n, row in enumerate(rows, 1)]
    return "\n".join([f"serial{separator}name{separator}{header}", *lines, ""])


def chosen(answer: Any) -> str | None:
    """What the page has checked, if it asks."""
    found = re.search(r'name="commas" id="\w+" value="(\w+)" checked', answer.content.decode())
    return found[1] if found else None


def asks(answer: Any) -> bool:
    return 'name="commas"' in answer.content.decode()


@pytest.mark.parametrize(
    ("file", "type", "why"),
    [
        (lengths("c8y_Size.length;c8y_Note", "51,234;", "48,137;"), "comma", "Semicolons separate"),
        (lengths("c8y_Size.length\tc8y_Size.width", "51,234\t3,5"), "comma", "commas are decimal"),
        (lengths("c8y_Size.length\tc8y_Size.width", "51,234\t0,500"), "comma", "commas are decimal"),
        (lengths("c8y_Size.length\tc8y_Size.width", "51,234\t1,234,567"), "thousands", "stand between"),
        (lengths("c8y_Size.length\tc8y_Size.width", "51,234\t1,234.5"), "thousands", "stand between"),
        (
            lengths("c8y_Size.length\tLatitude", "51,234\t48,137"),
            "comma",
            "can hold no number as large as 1,000",
        ),
        (
            lengths("altitude\tc8y_Position.lng", "51,234\t-8,137"),
            "comma",
            "can hold no number as large as 1,000",
        ),
    ],
)
def test_the_rest_of_the_file_tells_what_a_comma_is(importer: Start, file: str, type: str, why: str) -> None:
    admin = importer()
    page = admin.columns(admin.upload(file))
    assert inputs(page)["type_2"] == type
    assert chosen(page) == {"comma": "decimal", "thousands": "thousands"}[type]
    assert why in page.content.decode()


@pytest.mark.parametrize(
    ("values", "type"),
    [
        (("51,234", "1234,567"), "comma"),
        (("51,234", "3,5"), "comma"),
        (("0,500", "0,250"), "comma"),
        (("51,234", "1,234,567"), "thousands"),
        (("1,234.5", "12"), "thousands"),
        (("51,234", "1.5"), "thousands"),
        (("51,234", "0.500"), "thousands"),
        (("1,234,567", "1000"), "thousands"),  # only some of the thousands are grouped
        (("3,5", "1,234,567"), "text"),
        (("51,234", "12,34,567"), "text"),
        (("051,234", "1"), "text"),
    ],
)
def test_a_column_that_leaves_no_choice_is_not_asked_about(
    importer: Start, values: tuple[str, ...], type: str
) -> None:
    admin = importer()
    page = admin.columns(admin.upload(lengths("c8y_Size.length", *values)))
    assert inputs(page)["type_2"] == type
    assert not asks(page)


@pytest.mark.parametrize("beside", ["c8y_Note", "c8y_Size.width\tc8y_Size.height"])
def test_where_nothing_tells_the_user_is_asked_and_nothing_is_guessed(importer: Start, beside: str) -> None:
    admin = importer()
    other = "hello" if beside == "c8y_Note" else "3,5\t1,234,567"
    page = admin.columns(
        admin.upload(lengths(f"c8y_Size.length\taltitude\t{beside}", f"51,234\t1,500\t{other}"))
    )
    form = inputs(page)
    assert (form["type_2"], form["type_3"]) == ("text", "number")
    assert chosen(page) is None
    text = unescape(page.content.decode())
    assert "What is the comma in “51,234”?" in text
    assert "Choose one, or the type of each column below." in text
    assert re.findall(r"</b><span>(?:<bdi[^>]*>)?([^<]+)<", text) == ["51.234", "51234", "51,234"]


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        (("1,000", "1000"), "1000"),  # a hand-edited column, grouped in part
        (("51,234", "1000", "12"), "1000"),
        (("51,234", "12"), ""),
        (("51,234", "1.500"), "1.500"),  # 1500 where commas are decimal
    ],
)
def test_a_hint_in_the_same_column_is_told_and_does_not_decide(
    importer: Start, values: tuple[str, ...], hint: str
) -> None:
    admin = importer()
    page = admin.columns(
        admin.upload(lengths("c8y_Size.length\taltitude", *(f"{one}\t1,500" for one in values)))
    )
    assert (inputs(page)["type_2"], inputs(page)["type_3"]) == ("text", "number")
    assert asks(page)
    assert chosen(page) is None
    why = f"“{hint}” in the same column settles nothing" if hint else "Nothing in the file tells."
    assert why in unescape(page.content.decode())


def test_a_hint_gives_way_to_what_another_column_tells(importer: Start) -> None:
    admin = importer()
    file = lengths("c8y_Size.length\tc8y_Size.width", "51,234\t1,234,567", "1000\t2")
    page = admin.columns(admin.upload(file))
    assert chosen(page) == "thousands"
    assert "In the column “c8y_Size.width”, commas stand between thousands." in unescape(
        page.content.decode()
    )


def test_a_latitude_and_grouped_thousands_together_tell_nothing(importer: Start) -> None:
    admin = importer()
    file = lengths("c8y_Size.length\tLatitude\tc8y_Size.width", "51,234\t48,137\t1,234,567")
    page = admin.columns(admin.upload(file))
    assert (inputs(page)["type_2"], inputs(page)["type_3"]) == ("text", "comma")
    assert chosen(page) is None
    assert "as large as 1,000, but in the column “c8y_Size.width”, commas stand between" in unescape(
        page.content.decode()
    )


@pytest.mark.parametrize(
    ("choice", "first", "second"),
    [
        ("decimal", {"length": 51.234, "width": 1.5}, {"length": -9.001, "width": 2}),
        ("thousands", {"length": 51234, "width": 1500}, {"length": -9001, "width": 2}),
        ("text", {"length": "51,234", "width": "1,500"}, {"length": "-9,001", "width": "2"}),
    ],
)
def test_a_file_is_imported_as_its_commas_were_chosen(
    importer: Start, by_serial: Find, choice: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    admin = importer()
    upload = admin.upload(UNTOLD)
    said = {"path_1": "c8y_Label", "mode": "create", "commas": choice, "anew": "commas"}
    form = inputs(admin.columns(upload)) | said
    page = admin.browser.post(f"{admin.address}{upload.pk}/", form)
    assert (page.status_code, chosen(page)) == (200, choice)
    now = inputs(page)
    assert (now["path_1"], now["mode"]) == ("c8y_Label", "create")
    answer = admin.browser.post(f"{admin.address}{upload.pk}/", now | {"path_1": "name"})
    assert answer.status_code == 302
    upload.refresh_from_db()
    assert upload.job is not None
    assert admin.confirm(upload.job)["ok"] == 2
    assert [by_serial(serial)["c8y_Size"] for serial in ("SN-1", "SN-2")] == [first, second]


def test_a_type_that_was_chosen_for_one_column_is_not_taken_back(importer: Start) -> None:
    admin = importer()
    upload = admin.upload(UNTOLD)
    form = inputs(admin.columns(upload)) | {"type_2": "comma", "type_3": "thousands"}
    answer = admin.browser.post(f"{admin.address}{upload.pk}/", form)
    assert answer.status_code == 302
    page = admin.columns(upload)
    assert (inputs(page)["type_2"], inputs(page)["type_3"]) == ("comma", "thousands")
    assert chosen(page) is None


@pytest.mark.parametrize("odd", ["", "roman", "comma"])
def test_a_choice_that_is_none_changes_nothing(importer: Start, odd: str) -> None:
    admin = importer()
    upload = admin.upload(UNTOLD)
    form = inputs(admin.columns(upload)) | {"commas": odd, "anew": "commas", "type_2": "thousands"}
    page = admin.browser.post(f"{admin.address}{upload.pk}/", form)
    assert page.status_code == 200
    assert (inputs(page)["type_2"], inputs(page)["type_3"]) == ("thousands", "text")


@pytest.mark.parametrize(
    ("cells", "type", "values"),
    [
        (["3,5", "12", "-0,25"], "comma", [3.5, 12, -0.25]),
        (["1,234", "5,678"], "text", ["1,234", "5,678"]),  # whole numbers in English
        (["1.5", "2"], "number", [1.5, 2]),
        (["1.234,5"], "text", ["1.234,5"]),
    ],
)
def test_decimal_commas_are_recognised_where_nothing_else_can_be_meant(
    importer: Start, by_serial: Callable[[str], Any], cells: list[str], type: str, values: list[Any]
) -> None:
    admin = importer()
    rows = "".join(f"SN-{n}\tPump\t{cell}\n" for n, cell in enumerate(cells))
    upload = admin.upload(f"serial\tname\tc8y_Level.value\n{rows}")
    page = admin.columns(upload).content.decode()
    assert re.search(rf'name="type_2"[^§]*?value="{type}"\s+selected', page, re.DOTALL)
    admin.map(upload)
    upload.refresh_from_db()
    assert upload.job is not None
    admin.confirm(upload.job)
    found = [by_serial(f"SN-{n}")["c8y_Level"]["value"] for n in range(len(cells))]
    assert found == values


@pytest.mark.parametrize(
    ("type", "cell", "why"),
    [
        ("number", "3,5", "“3,5” is a number with a decimal comma: choose that as its type."),
        ("comma", "1.234,5", "“1.234,5” is not a number such as 21,5"),
        ("comma", "3.5", "“3.5” is not a number such as 21,5"),
        ("number", "51,234", "“51,234” holds a comma: choose a type that says whether it is decimal."),
        ("thousands", "3,5", "“3,5” is not a number such as 21,500 or 21,500.75."),
        ("thousands", "1.234,5", "“1.234,5” is not a number such as 21,500 or 21,500.75."),
    ],
)
def test_a_cell_that_does_not_fit_is_rejected_with_advice(
    importer: Start, type: str, cell: str, why: str
) -> None:
    admin = importer()
    job = admin.check(f"serial;c8y_Level.value\nSN-1;{cell}\n", type_1=type)
    assert why in admin.rejections(job)[0]
