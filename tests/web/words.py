"""A page as its reader sees it."""

from __future__ import annotations

import re
from html import unescape

from django.http import HttpResponse


def words(answer: HttpResponse) -> str:
    """The text of a page, without its markup."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(text))


def rows(answer: HttpResponse) -> list[str]:
    """The text of each row of the page's tables, without the headings."""
    found = re.findall(r"<tbody>(.*?)</tbody>", answer.content.decode(), flags=re.DOTALL)
    lines = [line for body in found for line in re.findall(r"<tr\b.*?</tr>", body, flags=re.DOTALL)]
    return [re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", line))).strip() for line in lines]
