"""A cell that is no number spoils its own row, not what its column is taken for."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest

from tests.imports.conftest import Importer, inputs

pytestmark = pytest.mark.django_db
Start = Callable[..., Importer]


def table(*cells: str, header: str = "lat", between: str = ";", beside: str = "") -> str:
    """A file with such a column, and one of text behind it."""
    rows = [between.join((f"SN-{n}", "Pümp", cell, beside)) for n, cell in enumerate(cells, 1)]
    return "\n".join([between.join(("serial", "name", header, "c8y_Level.value")), *rows, ""])


def test_odd_cells_do_not_reject_all_others_of_a_column_with_decimal_commas(importer: Start) -> None:
    odd = ["abc", "n/a", "?"]
    cells = [odd[n % 10] if n % 10 < 3 else f"48,{n:04}" for n in range(200)]
    admin = importer()
    upload = admin.upload(table(*cells, beside="21,5").encode("cp1252"))
    form = inputs(admin.columns(upload))
    assert (form["type_2"], form["type_3"]) == ("comma", "comma")
    job = admin.check(table(*cells, beside="21,5").encode("cp1252"))
    assert admin.verdicts(job) == {"rows": 200, "create": 140, "rejected": 60}
    assert "“abc” is not a number such as 21,5" in admin.rejections(job)[0]


@pytest.mark.parametrize(
    ("cells", "type"),
    [
        (("abc", "48,0000", "48,0020"), "comma"),
        (("48,5", "48.1", "47,25"), "comma"),
        (("48.5", "48,1", "47.25"), "number"),
        (("48.5", "n/a"), "number"),
        (("48,5", "1.234,5"), "comma"),
        (("48,137", "abc"), "comma"),
        (("48,5", "48.5"), "number"),
        (("abc", "def"), "number"),
        (("", " ", "48,5", "-"), "comma"),
    ],
)
def test_most_of_the_numbers_tell_how_a_column_is_written(
    importer: Start, cells: tuple[str, ...], type: str
) -> None:
    admin = importer()
    for header in ("lat", "c8y_Position.lat"):
        assert inputs(admin.columns(admin.upload(table(*cells, header=header))))["type_2"] == type


@pytest.mark.parametrize(
    ("between", "beside", "type"),
    [(";", "x", "comma"), ("\t", "3,5", "comma"), ("\t", "1,234,567", "thousands")],
)
def test_an_odd_cell_leaves_the_commas_beside_it_to_the_rest_of_the_file(
    importer: Start, between: str, beside: str, type: str
) -> None:
    admin = importer()
    file = table("a, b or c", "51,234", "n/a", header="altitude", between=between, beside=beside)
    page = admin.columns(admin.upload(file))
    assert inputs(page)["type_2"] == type
    assert "What is the comma in “51,234”?" in unescape(page.content.decode())


def test_an_odd_cell_is_no_hint_about_commas(importer: Start) -> None:
    admin = importer()
    file = table("none", "51,234", "1000", header="altitude", between="\t", beside="x")
    page = unescape(admin.columns(admin.upload(file)).content.decode())
    assert "“1000” in the same column settles nothing" in page
