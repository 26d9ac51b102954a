"""A file as one imports it: uploaded, understood by the keyboard alone, checked, confirmed, corrected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SignIn = Callable[[Page, str, str], None]
# The selects that are too narrow for one of their choices, each with the choice.
CUT = """selects => selects.flatMap(select => {
  const style = getComputedStyle(select), pen = document.createElement("canvas").getContext("2d");
  pen.font = style.font;
  const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return [...select.options].filter(one => pen.measureText(one.text).width > room)
    .map(one => [select.name, one.text, pen.measureText(one.text).width, room]);
})"""
FILE = "serial,name,lat,mood\nIMP-1,Imported 1,51.1,good\nIMP-2,Imported 2,north,good\n"


def accessible(tab: Page) -> bool:
    return not Axe().run(tab).response["violations"]


def upload(tab: Page, file: Path) -> None:
    """From the list to the columns of `file`."""
    tab.goto("/t/acme/devices/")
    tab.get_by_role("link", name="Import…").click()
    assert accessible(tab)
    tab.get_by_label("CSV file").set_input_files(file)
    tab.get_by_role("button", name="Upload").click()


def rejected_rows(tab: Page) -> str:
    with tab.expect_download() as started:
        tab.get_by_role("link", name="Download rejected and failed rows").click()
    return Path(started.value.path()).read_text(encoding="utf-8-sig")


def test_a_file_is_imported_and_its_rejected_row_corrected(
    tab: Page, sign_in_at: SignIn, tmp_path: Path
) -> None:
    sign_in_at(tab, "acme", "admin")
    file = tmp_path / "devices.csv"
    file.write_text(FILE)
    upload(tab, file)
    expect(tab.get_by_label("Where “lat” goes")).to_have_value("c8y_Position.lat")
    assert accessible(tab)
    tab.get_by_label("Where “mood” goes").focus()
    tab.keyboard.type("c8y_Mood.text")
    tab.keyboard.press("Enter")
    confirm = tab.get_by_role("button", name="Confirm and start")
    confirm.wait_for(timeout=30_000)
    expect(tab.locator(".stat", has_text="Rejected")).to_contain_text("1")
    assert accessible(tab)
    confirm.click()
    expect(tab.locator("#panel")).to_contain_text("Completed", timeout=30_000)
    left = rejected_rows(tab)
    assert "IMP-2,Imported 2,north,good,Row 3: lat: “north” is not a number" in left

    file.write_text(left.replace(",north,", ",52,"))
    upload(tab, file)
    expect(tab.get_by_label("Where “mood” goes")).to_have_value("c8y_Mood.text")  # as it was last time
    tab.get_by_role("button", name="Check the rows").click()
    confirm.wait_for(timeout=30_000)
    expect(tab.locator(".stat", has_text="Create")).to_contain_text("1")


def test_what_was_said_of_the_columns_outlives_another_reading_of_the_file(
    tab: Page, sign_in_at: SignIn, tmp_path: Path
) -> None:
    sign_in_at(tab, "acme", "admin")
    file = tmp_path / "devices.csv"
    file.write_text(
        "serial\tname\tc8y_Size.länge\tmood\nIMP-8\tKühl\t51,234\tgood\n", encoding="windows-1252"
    )
    upload(tab, file)
    tab.get_by_label("Where “mood” goes").fill("c8y_Mood.text")
    tab.get_by_text("Mac Roman").click()
    expect(tab.get_by_label("Where “c8y_Size.l‰nge” goes")).to_be_visible()
    expect(tab.get_by_label("Where “mood” goes")).to_have_value("c8y_Mood.text")
    tab.get_by_text("Windows-1252, Western").click()
    expect(tab.get_by_label("Type of “c8y_Size.länge”")).to_have_value("text")
    tab.get_by_text("Between thousands").click()
    expect(tab.get_by_label("Type of “c8y_Size.länge”")).to_have_value("thousands")
    expect(tab.locator("#commas_thousands")).to_be_focused()
    assert accessible(tab)
    tab.get_by_label("Where “mood” goes").press("Enter")
    tab.get_by_role("button", name="Confirm and start").wait_for(timeout=30_000)
    expect(tab.locator(".diff")).to_contain_text("51234")


@pytest.mark.parametrize("width", [1440, 700, 360])
def test_no_choice_is_cut(tab: Page, sign_in_at: SignIn, tmp_path: Path, width: int) -> None:
    sign_in_at(tab, "acme", "admin")
    file = tmp_path / "devices.csv"
    file.write_text(FILE)
    upload(tab, file)
    tab.set_viewport_size({"width": width, "height": 740})
    selects = tab.locator(".import-form select")
    expect(selects).to_have_count(7)
    assert selects.evaluate_all(CUT) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
