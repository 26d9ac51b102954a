"""What the components say and allow, in the states that matter."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import QueryDict

from c8yadmin.core.listing import Listing
from c8yadmin.ui.samples import SampleAction, SampleChange, SampleFilter, SampleForm
from tests.web.ui.drawing import draw, seen


def listing(query: str, rows: int = 25, total: int | None = 412, has_next: bool = True) -> Listing[Any]:
    form = SampleFilter(QueryDict(query))
    assert form.is_valid(), form.errors
    return Listing(form, list(range(rows)), total, has_next)


def test_a_blocked_button_says_why_and_does_nothing() -> None:
    markup = draw("{{ ui.button('Delete', 'danger', name='a', value='b', blocked='Needs ROLE_X.') }}")
    assert 'aria-disabled="true"' in markup
    assert 'type="button"' in markup
    assert "name=" not in markup
    assert "Needs ROLE_X." in seen(markup)


def test_a_blocked_link_leads_nowhere() -> None:
    assert "href" not in draw("{{ ui.link_button('Edit', '/edit', blocked='Read-only.') }}")


def test_a_button_takes_further_attributes() -> None:
    markup = draw("{{ ui.button('Go', attrs={'data-x': '\"><b>'}) }}")
    assert 'data-x="&#34;&gt;&lt;b&gt;"' in markup


def test_a_field_is_labelled_and_described_by_its_errors() -> None:
    form = SampleForm(QueryDict("name="))
    markup = draw("{{ ui.field(form['name']) }}", form=form)
    assert 'for="id_name"' in markup
    assert 'aria-describedby="id_name_hint id_name_errors"' in markup
    assert 'aria-invalid="true"' in markup
    assert "Fill this in." in seen(markup)


@pytest.mark.parametrize("name", ["name", "model", "note", "notify", "speed", "limit"])
def test_every_kind_of_field_has_its_name(name: str) -> None:
    markup = draw("{{ ui.field(form[name]) }}", form=SampleForm(), name=name)
    assert str(SampleForm.base_fields[name].label) in seen(markup)
    assert f'name="{name}"' in markup


def test_a_hidden_field_is_only_its_input() -> None:
    markup = draw("{{ ui.field(form['version']) }}", form=SampleForm()).strip()
    assert re.fullmatch(r'<input type="hidden" name="version" value="7"[^>]*>', markup)


def test_what_was_typed_is_never_lost() -> None:
    form = SampleForm(QueryDict("name=&note=%3Cb%3Ekept&limit=0"))
    markup = draw("{% for field in form %}{{ ui.field(field) }}{% endfor %}{{ ui.errors(form) }}", form=form)
    assert "&lt;b&gt;kept" in markup
    assert "Name and model do not fit together." in seen(markup)


def test_the_pager_leads_to_the_neighbours_and_keeps_the_filter() -> None:
    markup = draw("{{ ui.pager(listing, 'devices') }}", listing=listing("text=pump&page=3&size=25"))
    assert "51–75 of 412" in seen(markup).replace(" –", "–")
    assert "Page 3 of 17" in seen(markup)
    assert 'href="?text=pump&amp;size=25&amp;page=4"' in markup
    assert 'hx-target="#devices"' in markup


def test_the_pager_does_without_a_total() -> None:
    markup = draw("{{ ui.pager(listing, 'devices') }}", listing=listing("page=2", total=None, has_next=False))
    assert "Page 2" in seen(markup)
    assert " of " not in seen(markup)
    assert 'rel="next"' not in markup


def test_a_sorted_column_says_so_and_turns_round() -> None:
    markup = draw("{{ ui.sort_header('Name', 'name', listing, 'devices') }}", listing=listing("sort=name"))
    assert 'aria-sort="ascending"' in markup
    assert 'href="?sort=-name"' in markup


def test_each_filter_is_a_chip_that_can_be_taken_off() -> None:
    found = listing("text=pu%3Cb%3Emp&severity=CRITICAL&severity=MAJOR&page=3")
    markup = draw("{{ ui.chips(listing, 'devices') }}", listing=found)
    assert "Severity Critical, Major" in seen(markup)
    assert "<b>mp" not in markup
    assert re.search(r'href="\?text=pu%3Cb%3Emp"[^>]*aria-label="Remove filter Severity"', markup)


def test_without_filters_there_are_no_chips() -> None:
    assert draw("{{ ui.chips(listing, 'devices') }}", listing=listing("page=2&sort=name")).strip() == ""


def test_the_bulk_bar_sends_rows_or_the_filter() -> None:
    actions = [
        SampleAction("sample.set", "Set"),
        SampleAction("sample.delete", "Delete", blocked="Needs ROLE_X."),
    ]
    markup = draw(
        "{{ ui.bulk_bar(listing, 'devices', actions, '/jobs/new/') }}{{ ui.select_row('17', 'Pump') }}",
        listing=listing("text=pump&page=2"),
        actions=actions,
    )
    assert '<form id="bulk" class="bulk" method="get" action="/jobs/new/"' in markup
    assert 'name="filter" value="text=pump"' in markup
    assert 'name="target" value="devices"' in markup
    assert 'name="action" value="sample.set"' in markup
    assert 'value="sample.delete"' not in markup
    assert 'name="id" value="17" form="bulk"' in markup
    assert "All 412 matching" in seen(markup)


def test_without_rows_there_is_nothing_to_select() -> None:
    empty = listing("", rows=0, total=0, has_next=False)
    assert draw("{{ ui.bulk_bar(listing, 'devices', [1], '/') }}", listing=empty).strip() == ""


def test_progress_is_said_to_everybody() -> None:
    markup = draw("{{ ui.progress(180, 412, failed=12, skipped=30, label='Set') }}")
    assert 'aria-valuenow="222"' in markup
    assert "222 of 412, 12 failed, 30 skipped" in markup
    assert "53 %" in seen(markup)
    assert "style=" not in markup


def test_progress_of_nothing_is_no_error() -> None:
    assert "0 of 0" in seen(draw("{{ ui.progress(0, 0) }}"))


def test_changes_are_shown_before_and_after() -> None:
    changes = [
        SampleChange("a.b", 1, {"x": 2}),
        SampleChange("new", None, "<b>"),
        SampleChange("old", False, None),
    ]
    words = seen(draw("{{ ui.diff(changes) }}", changes=changes))
    assert 'a.b 1 {"x": 2}' in words
    assert "new absent <b>" in words
    assert "old false removed" in words


def test_states_are_said_in_words_and_strangers_as_they_are() -> None:
    assert seen(draw("{{ ui.status('UNAVAILABLE') }}")) == "Offline"
    assert seen(draw("{{ ui.status('some_NEW_state') }}")) == "Some new state"
    assert seen(draw("{{ ui.status(none) }}")) == "Unknown"


def test_hidden_fields_repeat_lists() -> None:
    markup = draw("{{ ui.hidden({'id': ['1', '2'], 'next': '/a?b=\"'}) }}")
    assert re.findall(r'name="id" value="(\d)"', markup) == ["1", "2"]
    assert 'value="/a?b=&#34;"' in markup
