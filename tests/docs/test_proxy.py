"""What docs/operations.md shows of a proxy fits the console behind it."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from c8yadmin.asgi import MAX_BODY

PAGE = Path("docs/operations.md").read_text()


def test_nginx_lets_through_whatever_the_console_takes() -> None:
    sizes = [int(megabytes) * 2**20 for megabytes in re.findall(r"client_max_body_size (\d+)m;", PAGE)]
    assert len(sizes) == PAGE.count("location / {") + PAGE.count("location /console/ {") == 2
    assert min(sizes) >= settings.LARGEST_UPLOAD + MAX_BODY
