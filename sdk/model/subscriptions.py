"""Notification 2.0 subscriptions: what the platform sends to those who listen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final, Self, TypedDict, Unpack

from sdk.model import fields
from sdk.model.collection import Selection, collecting, counting, framing, selecting, spelled_out
from sdk.model.filters import Paging, Vocabulary
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.model.unchanging import Unchanging, UnchangingCollection
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor

NAME: Final = re.compile(r"[a-zA-Z0-9]+")


class SubscriptionApi(StrEnum):
    """Which kinds of data are sent."""

    ANY = "*"
    ALARMS = "alarms"
    ALARMS_WITH_CHILDREN = "alarmsWithChildren"
    EVENTS = "events"
    EVENTS_WITH_CHILDREN = "eventsWithChildren"
    MANAGED_OBJECTS = "managedobjects"
    MEASUREMENTS = "measurements"
    OPERATIONS = "operations"


class SubscriptionContext(StrEnum):
    """Whether it is about one object, or about the tenant."""

    MANAGED_OBJECT = "mo"
    TENANT = "tenant"


class Subscription(Unchanging):
    """One subscription. It cannot be changed: delete it and create another.

    Args:
        name: letters and digits only; several subscriptions of one name feed the same listeners.
        context: ``MANAGED_OBJECT`` (updates and deletion of one object, its alarms, events, measurements
            and operations) or ``TENANT`` (alarms, events, operations, and new objects of the whole tenant).
        source_id: the object's id; for ``MANAGED_OBJECT`` only.
        api_filter: the kinds of data; all that the context offers when left out.
        type_filter: only data of this type.
        fragments: send just these fragments.
        non_persistent: whether what nobody listens to at the moment is lost.
    """

    __slots__ = ()
    _media = "subscription"
    _path = "/notification2/subscriptions"

    ApiFilter = SubscriptionApi
    Context = SubscriptionContext

    name = fields.text("subscription")
    context = fields.choice("context", SubscriptionContext)
    source_id = fields.reference("source")
    fragments = fields.texts("fragmentsToCopy")
    non_persistent = fields.flag("nonPersistent")
    type_filter = fields.Field[str](
        "subscriptionFilter",
        lambda raw: raw.get("typeFilter") if isinstance(raw, dict) else None,
        readonly=True,
    )

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        *,
        name: str | None = None,
        context: SubscriptionContext | str | None = None,
        source_id: str | None = None,
        api_filter: Iterable[SubscriptionApi | str] | None = None,
        type_filter: str | None = None,
        fragments: Iterable[str] | None = None,
        non_persistent: bool | None = None,
    ) -> None:
        apis = [api_filter] if isinstance(api_filter, str) else list(api_filter or ())
        about = {"apis": [str(one) for one in apis], "typeFilter": type_filter}
        known = {
            "subscription": name,
            "context": None if context is None else str(context),
            "source": None if source_id is None else {"id": str(source_id)},
            "subscriptionFilter": {key: value for key, value in about.items() if value} or None,
            "fragmentsToCopy": None if fragments is None else list(fragments),
            "nonPersistent": non_persistent,
        }
        super().__init__(c8y, **codec.present(known))

    @property
    def api_filter(self) -> list[str]:
        """The kinds of data; empty for all."""
        return [str(one) for one in self.get("subscriptionFilter.apis") or []]

    def _create(self, c8y: CumulocityRestClient, resource: str | None = None) -> Self:
        self._check()
        return super()._create(c8y, resource)

    def _check(self) -> None:
        if not NAME.fullmatch(self.name or ""):
            raise ValueError(
                f"The name of a subscription is made of letters and digits, unlike {self.name!r}."
            )
        if self.context not in {*SubscriptionContext}:
            raise ValueError(f"The context of a subscription is mo or tenant, not {self.context!r}.")
        if (self.context == SubscriptionContext.MANAGED_OBJECT) != bool(self.source_id):
            raise ValueError("A subscription for an object names its source_id, one for the tenant does not.")
        if SubscriptionApi.ANY in self.api_filter and len(self.api_filter) > 1:
            raise ValueError("The filter * stands for all kinds of data, so it stands alone.")


class SubscriptionFilter(TypedDict, total=False):
    """The filters of a list of subscriptions; they combine with *and*.

    ``source``: the object's id. ``subscription``: the name.
    """

    context: SubscriptionContext | str
    source: str
    subscription: str
    type_filter: str


class SubscriptionDeletion(TypedDict, total=False):
    """The filters that a deletion of many subscriptions at once understands."""

    context: SubscriptionContext | str
    source: str


class SubscriptionQuery(SubscriptionFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


_DELETION = Vocabulary(SubscriptionDeletion, always=frozenset())


class Subscriptions(UnchangingCollection[Subscription]):
    """The Notification 2.0 subscriptions of the tenant."""

    model = Subscription
    listing = Listing(
        "/notification2/subscriptions", "subscriptions", accept=vendor("subscriptioncollection")
    )
    vocabulary = Vocabulary(SubscriptionFilter)

    @spelled_out
    def where(
        self, expression: str | None = None, /, **filters: Unpack[SubscriptionFilter]
    ) -> Query[Subscription]:
        """A query for subscriptions (GET /notification2/subscriptions), sent when it is used.

        Args:
            expression: a raw REST query string, not encoded, e.g. ``"context=tenant"``.
            filters: see ``SubscriptionFilter``.
        """
        return self._query(expression, filters)

    @spelled_out
    def _asked(
        self, expression: str | None = None, /, **query: Unpack[SubscriptionQuery]
    ) -> Selection[Subscription]:
        """Args: see ``where`` for the filters, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)

    @spelled_out
    def delete_by(self, **filters: Unpack[SubscriptionDeletion]) -> None:
        """Delete the subscriptions of an object or of the tenant (DELETE /notification2/subscriptions).

        Raises:
            ValueError: unless the filters name a ``source``, or the ``context`` of the tenant.
        """
        params: dict[str, Any] = self._scope(_DELETION, filters)
        if "source" not in params and params.get("context") != SubscriptionContext.TENANT:
            raise ValueError(
                "Say whose subscriptions are meant: source=…, or context=Subscription.Context.TENANT."
            )
        self.c8y.delete(self.listing.path, params)
