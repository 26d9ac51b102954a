"""Tests that share what is slow to start are handed to one worker."""

from __future__ import annotations

from tests.groups import Grouped

scope = Grouped.__new__(Grouped)._split_scope


def test_tests_of_a_group_are_one_unit_of_work_whatever_their_module() -> None:
    assert scope("tests/browser/test_story.py::test_one[a::b]") == "browser"
    assert scope("tests/browser/test_tab.py::test_other") == "browser"


def test_tests_without_a_group_are_handed_out_one_by_one() -> None:
    assert scope("tests/faults/test_health.py::test_one") == "tests/faults/test_health.py::test_one"
