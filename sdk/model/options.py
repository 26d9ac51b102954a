"""Tenant options: settings by category and key, some of them encrypted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Self, Unpack

from sdk.model import fields
from sdk.model.bulk import each
from sdk.model.collection import Collection, Selection, collecting, counting, framing, selecting, spelled_out
from sdk.model.entity import Entity
from sdk.model.filters import Paging, Vocabulary
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor

# What the platform shows instead of an encrypted value.
ENCRYPTED: Final = "<<Encrypted>>"
_PREFIX: Final = "credentials."
_PLACE: Final = "/tenant/options"
_BAD_CATEGORY: Final = re.compile(r"""[\s$&+,/:;=?@"<>#%{}|\\^~\[\]`]""")


class TenantOption(Entity):
    """One option.

    Args:
        category: without blanks and punctuation but ``. - _``.
        key: its name within the category.
        value: a text.
        encrypted: whether the platform keeps it encrypted; the key then begins with ``credentials.``.

    Raises:
        ValueError: for a category the platform does not accept.
    """

    __slots__ = ()
    _media = "option"
    _path = "/tenant/options"
    _fixed = frozenset({"category", "key"})

    category = fields.text("category")
    key = fields.text("key")
    value = fields.text("value")

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        *,
        category: str | None = None,
        key: str | None = None,
        value: str | None = None,
        encrypted: bool | None = None,
    ) -> None:
        if key is not None:
            key = stored_key(key, encrypted)
        if category is not None:
            _check_category(category)
        known = {"category": category, "key": key, "value": value}
        super().__init__(c8y, **{name: one for name, one in known.items() if one is not None})

    @property
    def encrypted(self) -> bool:
        """Whether the platform keeps it encrypted."""
        return (self.key or "").startswith(_PREFIX)

    @property
    def hidden(self) -> bool:
        """Whether the value was not shown, because it is encrypted and belongs to another application."""
        return self.value == ENCRYPTED

    def _key(self) -> str:
        return _address(self.category, self.key)

    @classmethod
    def _object_path(cls, c8y: CumulocityRestClient, key: str | int) -> str:
        # A category holds no slash, a key may.
        category, mark, name = str(key).partition("/")
        if not mark:
            raise ValueError(f"An option is addressed as category/key, not {key!r}.")
        return path_of(category, name)

    @classmethod
    def _put(cls, c8y: CumulocityRestClient, key: str | int, json: dict[str, Any]) -> bytes:
        _check_value(json.get("value"))
        body = codec.dump_json({"value": json["value"]})
        place, kind = cls._object_path(c8y, key), vendor(cls._media)
        return c8y.send("PUT", place, (), body, kind, "application/json").content.strip()

    def _create(self, c8y: CumulocityRestClient, resource: str | None = None) -> Self:
        self._key()
        _check_value(self.value)
        return super()._create(c8y, resource)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(category={self.category!r}, key={self.key!r})"


class OptionPaging(Paging, total=False):
    """Paging only: the platform knows no filter of options."""


class TenantOptions(Collection[TenantOption]):
    """The options of the tenant."""

    model = TenantOption
    # The platform counts pages here, but not elements.
    listing = Listing(_PLACE, "options", "", "withTotalPages", vendor("optioncollection"))
    vocabulary = Vocabulary(OptionPaging)

    def where(self, expression: str | None = None, /) -> Query[TenantOption]:
        """A query for all options (GET /tenant/options), sent when it is used."""
        return self._query(expression, {})

    @spelled_out
    def _asked(
        self, expression: str | None = None, /, **paging: Unpack[OptionPaging]
    ) -> Selection[TenantOption]:
        """Args: see ``Paging``."""
        return self._select(expression, paging)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)

    def as_map(self) -> dict[str, dict[str, str]]:
        """All values by category and key."""
        found: dict[str, dict[str, str]] = {}
        for category, key, value in self.where().values("category", "key", "value"):
            found.setdefault(str(category), {})[str(key)] = value
        return found

    def get(self, category: str, key: str | None = None) -> TenantOption:
        """Read one option (GET /tenant/options/{category}/{key}).

        Raises:
            NotFound: when there is none.
        """
        return TenantOption._read(self.c8y, category if key is None else _address(category, key))

    def get_value(self, category: str, key: str) -> str:
        """The value of one option; ``<<Encrypted>>`` when it is not shown to this user."""
        return self.get(category, key).value or ""

    def get_values(self, category: str) -> dict[str, str]:
        """The values of a category by key (GET /tenant/options/{category})."""
        return _values(self.c8y.get(f"{_PLACE}/{codec.segment(category)}", accept=vendor("option")))

    def set_value(self, category: str, key: str, value: str) -> None:
        """Write the value of an option that is there (PUT /tenant/options/{category}/{key})."""
        TenantOption._put(self.c8y, _address(category, key), {"value": value})

    def update_values(self, category: str, values: Mapping[str, str]) -> dict[str, str]:
        """Write some values of a category in one call (PUT /tenant/options/{category}); others stay.

        Returns:
            All values of the category as they are now.
        """
        _check_category(category)
        if not values:
            raise ValueError("There is nothing to write.")
        for value in values.values():
            _check_value(value)
        place = f"{_PLACE}/{codec.segment(category)}"
        return _values(self.c8y.put(place, json=dict(values), accept=vendor("option")))

    update_by = update_values

    def set_editable(self, category: str, key: str, editable: bool, target_tenant: str) -> None:
        """Let another tenant change an option, or not (PUT …/editable); for the management tenant.

        Args:
            target_tenant: the id of the tenant whose option it is.
        """
        self.c8y.put(
            f"{path_of(category, key)}/editable",
            params={"targetTenant": target_tenant},
            json={"editable": editable},
        )

    def delete(
        self,
        *objects: TenantOption | str,
        category: str | None = None,
        key: str | None = None,
        workers: int | None = None,
    ) -> None:
        """Delete options (DELETE /tenant/options/{category}/{key} each).

        Args:
            objects: options, or ``category/key``.
            category, key: one further option by its names.

        Raises:
            BulkError: see ``create``.
        """
        named = [] if category is None and key is None else [_address(category, key)]
        each(lambda one: self._delete_one(one, {}), [*objects, *named], workers)


def stored_key(key: str, encrypted: bool | None) -> str:
    """The key as it is stored: an encrypted option's begins with ``credentials.``."""
    if encrypted is False and key.startswith(_PREFIX):
        raise ValueError(f"Options whose keys begin with {_PREFIX} are always encrypted.")
    return f"{_PREFIX}{key}" if encrypted and not key.startswith(_PREFIX) else key


def _address(category: str | None, key: str | None) -> str:
    """What addresses an option as one text."""
    if category is None or not key:
        raise ValueError("An option is addressed by its category and key.")
    _check_category(category)
    return f"{category}/{key}"


def path_of(category: str, key: str) -> str:
    """The resource of an option."""
    _check_category(category)
    return codec.path("tenant", "options", category, key)


def _check_category(category: str) -> None:
    if not category or _BAD_CATEGORY.search(category):
        raise ValueError(f"A category holds neither blanks nor marks such as / & = ?, unlike {category!r}.")


def _check_value(value: Any) -> None:
    if not isinstance(value, str):
        raise ValueError(f"The value of an option is a text, not {type(value).__name__}.")
    if value == ENCRYPTED:
        raise ValueError(f"{ENCRYPTED} stands for a value that was not shown; writing it would destroy that.")


def _values(found: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in found.items() if key != "self"}
