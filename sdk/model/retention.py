"""Retention rules: how long the platform keeps what kind of data."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Self, Unpack

from sdk.model import fields
from sdk.model.collection import Collection, Selection, collecting, counting, framing, selecting, spelled_out
from sdk.model.entity import Entity
from sdk.model.filters import Paging, Vocabulary
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor


class RetentionDataType(StrEnum):
    """What a rule is about."""

    ANY = "*"
    ALARM = "ALARM"
    AUDIT = "AUDIT"
    BULK_OPERATION = "BULK_OPERATION"
    EVENT = "EVENT"
    MEASUREMENT = "MEASUREMENT"
    OPERATION = "OPERATION"


class RetentionRule(Entity):
    """One rule: data that matches and is older than ``maximum_age`` days is deleted.

    Args:
        data_type: what kind of data.
        maximum_age: in days, at least 1.
        fragment_type, type, source: only data with this fragment, of this type, of this device; "*" for all.
    """

    __slots__ = ()
    _media = "retentionrule"
    _path = "/retention/retentions"
    _server_only = Entity._server_only | {"editable"}

    data_type = fields.choice("dataType", RetentionDataType)
    maximum_age = fields.integer("maximumAge")
    fragment_type = fields.text("fragmentType")
    type = fields.text("type")
    source = fields.text("source")
    editable = fields.flag("editable", readonly=True)

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        *,
        data_type: RetentionDataType | str | None = None,
        maximum_age: int | None = None,
        fragment_type: str | None = None,
        type: str | None = None,
        source: str | None = None,
        **fragments: Any,
    ) -> None:
        known = {
            "dataType": None if data_type is None else str(data_type),
            "maximumAge": maximum_age,
            "fragmentType": fragment_type,
            "type": type,
            "source": source,
        }
        super().__init__(c8y, **codec.present(known), **fragments)

    def _create(self, c8y: CumulocityRestClient, resource: str | None = None) -> Self:
        self._check()
        return super()._create(c8y, resource)

    def _update(self, c8y: CumulocityRestClient, *, copy: bool = False) -> Self:
        self._check()
        return super()._update(c8y, copy=copy)

    def _check(self) -> None:
        age = self.get("maximumAge")
        if not isinstance(age, int) or isinstance(age, bool) or age < 1:
            raise ValueError(f"maximum_age is a whole number of days from 1 on, not {age!r}.")


class RetentionPaging(Paging, total=False):
    """Paging only: the platform knows no filter of retention rules."""


class RetentionRules(Collection[RetentionRule]):
    """The retention rules of the tenant."""

    model = RetentionRule
    listing = Listing("/retention/retentions", "retentionRules", accept=vendor("retentionrulecollection"))
    vocabulary = Vocabulary(RetentionPaging)

    def where(self, expression: str | None = None, /) -> Query[RetentionRule]:
        """A query for all retention rules (GET /retention/retentions), sent when it is used."""
        return self._query(expression, {})

    @spelled_out
    def _asked(
        self, expression: str | None = None, /, **paging: Unpack[RetentionPaging]
    ) -> Selection[RetentionRule]:
        """Args: see ``Paging``."""
        return self._select(expression, paging)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)
