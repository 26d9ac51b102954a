"""The SDK of this project under measurement."""

from __future__ import annotations

from sdk import BasicAuth, CumulocityClient, ManagedObject
from tests.bench.measuring import WORKERS, main, seconds_of
from tests.bench.objects import FIELDS, content


class Ours:
    def __init__(self, url: str, user: str) -> None:
        self._c8y = CumulocityClient(url, "acme", BasicAuth(user, "secret"))

    def read(self) -> int:
        count = 0
        for found in self._c8y.inventory.select(limit=None):
            assert found.id
            assert found.name
            assert found.type
            count += 1
        return count

    def values(self) -> int:
        return len(self._c8y.inventory.get_all(limit=None, as_values=list(FIELDS)))

    def keep(self) -> int:
        return len(self._c8y.inventory.get_all(limit=None))

    def create(self, count: int) -> int:
        made = [ManagedObject.from_json(content(number)) for number in range(count)]
        return len(self._c8y.inventory.create(*made, workers=WORKERS))

    def delete(self, count: int) -> int:
        ids = [str(10_000 + number) for number in range(count)]
        self._c8y.inventory.delete(*ids, workers=WORKERS)
        return len(ids)

    def get(self, count: int) -> list[float]:
        return seconds_of(lambda: self._c8y.inventory.get("10000").name, count)


if __name__ == "__main__":
    main(Ours)
