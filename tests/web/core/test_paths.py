"""Ids in addresses: any of them comes back as it went in."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from hypothesis import assume, given
from hypothesis import strategies as st

CHARACTERS = st.characters(exclude_categories=["Cs"])


@given(st.text(CHARACTERS, min_size=1))
def test_an_id_of_any_characters_is_one_segment_of_an_address(id: str) -> None:
    assume(id.strip("."))
    address = reverse("users:edit", kwargs={"tenant": "acme", "id": id})
    assert address.isascii()
    assert address.count("/") == "/t/acme/users/x/edit/".count("/")
    found = resolve(unquote(address))
    assert (found.view_name, found.kwargs["id"]) == ("users:edit", id)


@pytest.mark.parametrize("id", ["", ".", "..", "..."])
def test_a_step_in_a_path_is_no_id(id: str) -> None:
    with pytest.raises((NoReverseMatch, Resolver404)):
        resolve(unquote(reverse("users:detail", kwargs={"tenant": "acme", "id": id})))


@given(st.text(CHARACTERS, min_size=1))
def test_what_is_no_number_is_no_address_of_an_object(id: str) -> None:
    assume(not (id.isascii() and id.isdigit() and len(id) <= 20))
    with pytest.raises(NoReverseMatch):
        reverse("alarms:detail", kwargs={"tenant": "acme", "id": id})
