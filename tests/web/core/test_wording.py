"""What fields say about what was typed into them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.web.words import words


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"text": "x" * 3000}, "At most 200 characters fit in here; this has 3000."),
        ({"availability": "SLEEPY"}, "“SLEEPY” is not one of the choices."),
        ({"size": "7"}, "“7” is not one of the choices."),
        ({"q": "name eq '\x00'"}, "This holds a null character, which no text may."),
    ],
)
def test_a_field_says_in_plain_words_what_it_cannot_take(
    sign_in: Callable[..., Client], query: dict[str, str], sentence: str
) -> None:
    answer = sign_in().get("/t/acme/devices/", query)
    assert answer.status_code == 422
    assert sentence in words(answer)
