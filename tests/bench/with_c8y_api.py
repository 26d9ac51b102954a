"""c8y_api under measurement; its own helper for parallel calls is a thread pool, as the one here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from c8y_api import CumulocityApi
from c8y_api.model import ManagedObject

from tests.bench.measuring import WORKERS, main, seconds_of
from tests.bench.objects import FIELDS, content


class C8yApi:
    def __init__(self, url: str, user: str) -> None:
        self._c8y = CumulocityApi(url, "acme", user, "secret")

    def read(self) -> int:
        count = 0
        for found in self._c8y.inventory.select():
            assert found.id
            assert found.name
            assert found.type
            count += 1
        return count

    def values(self) -> int:
        return len(self._c8y.inventory.get_all(as_values=list(FIELDS)))

    def keep(self) -> int:
        return len(self._c8y.inventory.get_all())

    def create(self, count: int) -> int:
        made = [ManagedObject(self._c8y, **content(number)) for number in range(count)]
        with ThreadPoolExecutor(WORKERS) as pool:
            return len(list(pool.map(self._c8y.inventory.create, made)))

    def delete(self, count: int) -> int:
        ids = [str(10_000 + number) for number in range(count)]
        with ThreadPoolExecutor(WORKERS) as pool:
            return len(list(pool.map(self._c8y.inventory.delete, ids)))

    def get(self, count: int) -> list[float]:
        return seconds_of(lambda: self._c8y.inventory.get("10000").name, count)


if __name__ == "__main__":
    main(C8yApi)
