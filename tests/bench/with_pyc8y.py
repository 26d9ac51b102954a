"""pyc8y under measurement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pyc8y.auth import BasicAuth
from pyc8y.client import CumulocityClient
from pyc8y.model import ManagedObject

from tests.bench.measuring import WORKERS, main
from tests.bench.objects import FIELDS, content

R = TypeVar("R")
LARGEST_PAGE = 2000


class Pyc8y:
    def __init__(self, url: str, user: str) -> None:
        self._url, self._user = url, user

    def _run(self, work: Callable[[CumulocityClient], Awaitable[R]]) -> R:
        async def connected() -> R:
            async with CumulocityClient(self._url, "acme", BasicAuth(f"acme/{self._user}", "secret")) as c8y:
                return await work(c8y)

        return asyncio.run(connected())

    def read(self) -> int:
        async def work(c8y: CumulocityClient) -> int:
            count = 0
            async for found in c8y.inventory.select(limit=None, page_size=LARGEST_PAGE):
                assert found.id
                assert found.name
                assert found.type
                count += 1
            return count

        return self._run(work)

    def values(self) -> int:
        async def work(c8y: CumulocityClient) -> int:
            rows = c8y.inventory.select(limit=None, page_size=LARGEST_PAGE, as_values=list(FIELDS))
            return len([row async for row in rows])

        return self._run(work)

    def keep(self) -> int:
        async def work(c8y: CumulocityClient) -> int:
            return len(await c8y.inventory.get_all(limit=None, page_size=LARGEST_PAGE))

        return self._run(work)

    def create(self, count: int) -> int:
        async def work(c8y: CumulocityClient) -> int:
            made = [ManagedObject(c8y, **content(number)) for number in range(count)]
            await c8y.inventory.create(*made, workers=WORKERS)
            return len(made)

        return self._run(work)

    def delete(self, count: int) -> int:
        async def work(c8y: CumulocityClient) -> int:
            ids = [str(10_000 + number) for number in range(count)]
            await c8y.inventory.delete(*ids, workers=WORKERS)
            return len(ids)

        return self._run(work)

    def get(self, count: int) -> list[float]:
        async def work(c8y: CumulocityClient) -> list[float]:
            seconds = []
            for _ in range(count):
                begun = time.perf_counter()
                assert (await c8y.inventory.get("10000")).name
                seconds.append(time.perf_counter() - begun)
            return seconds

        return self._run(work)


if __name__ == "__main__":
    main(Pyc8y)
