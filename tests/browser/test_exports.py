"""Exports as one clicks them: the selection, all that matches, and a file that is made meanwhile."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SignIn = Callable[[Page, str, str], None]


def export(tab: Page, name: str) -> Download:
    """Choose `name` in the menu above the list."""
    tab.locator("summary", has_text="Export").click()
    with tab.expect_download() as started:
        tab.get_by_role("button", name=name, exact=True).click()
    return started.value


def rows(download: Download) -> list[dict[str, str]]:
    with Path(download.path()).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_selected_is_exported_and_all_that_matches_otherwise(tab: Page, sign_in_at: SignIn) -> None:
    sign_in_at(tab, "acme", "admin")
    tab.goto("/t/acme/devices/?type=c8y_Pump")
    boxes = tab.locator("[data-select]")
    chosen = [boxes.nth(place).get_attribute("value") for place in (0, 2)]
    matching = tab.locator(".pager-rows b").last.inner_text()
    everything = export(tab, "CSV")
    assert everything.suggested_filename.startswith("acme-devices-")
    assert {row["type"] for row in rows(everything)} == {"c8y_Pump"}
    assert len(rows(everything)) == int(matching)

    boxes.nth(0).check()
    boxes.nth(2).check()
    assert [row["id"] for row in rows(export(tab, "CSV"))] == chosen
    told = Path(export(tab, "JSON lines, whole objects").path()).read_text()
    assert [json.loads(line)["id"] for line in told.splitlines()] == chosen
    expect(tab.locator("[data-count]")).to_have_text("2 rows selected")  # nobody left the page


def test_a_large_file_is_made_while_one_watches_and_downloaded_when_it_is_done(
    tab: Page, sign_in_at: SignIn
) -> None:
    sign_in_at(tab, "acme", "admin")
    tab.goto("/t/acme/jobs/new/?action=inventory.export&target=devices&all=1&filter=&format=csv")
    tab.get_by_role("button", name="Start export").click()
    link = tab.get_by_role("link", name="Download CSV")
    link.wait_for(timeout=60_000)
    assert tab.title().startswith("Done · Export devices as CSV")
    with tab.expect_download() as started:
        link.click()
    ids = [row["id"] for row in rows(started.value)]
    assert len(ids) == len(set(ids)) > 400
