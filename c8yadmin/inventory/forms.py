"""What the device list's URL may say, and the query that it means."""

from __future__ import annotations

import re
from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError

from c8yadmin.core.listing import ListForm
from c8yadmin.inventory import conditions
from sdk import CumulocityClient, Device, Query
from sdk import query_language as ql

_GROUP_ID = re.compile(r"(?:.*\s#)?([0-9]{1,20})", re.DOTALL)


class DeviceFilter(ListForm):
    """The filters of the device list; `query` tells what they select.

    A group is named by its id, by its name, or as `Name #id`, which the suggestions write.
    """

    text = forms.CharField(required=False, max_length=200, label="Search")
    type = forms.CharField(required=False, max_length=200)
    group = forms.CharField(required=False, max_length=300)
    owner = forms.CharField(required=False, max_length=200)
    availability = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Any"),
            ("available", "Available"),
            ("unavailable", "Unavailable"),
            ("maintenance", "In maintenance"),
            ("unmonitored", "Not monitored"),
        ],
    )
    alarms = forms.ChoiceField(
        required=False,
        label="Active alarms",
        choices=[
            ("", "Any"),
            ("critical", "Critical"),
            ("major", "Major or worse"),
            ("minor", "Minor or worse"),
            ("warning", "Warning or worse"),
        ],
    )
    q = forms.CharField(required=False, max_length=5000, label="Raw query")

    sortable: ClassVar[dict[str, str]] = {
        "name": "name",
        "type": "type",
        "owner": "owner",
        "availability": "c8y_Availability.status",
        "alarms": ",".join(f"c8y_ActiveAlarmsStatus.{severity}" for severity in conditions.SEVERITIES),
        "updated": "lastUpdated",
        "created": "creationTime",
    }

    def clean_q(self) -> str:
        query: str = self.cleaned_data["q"]
        if not conditions.balanced(conditions.split(query)[0]):
            raise ValidationError("A quote or a parenthesis of this query is not closed.")
        return query

    def query(self, c8y: CumulocityClient, with_groups: bool = False) -> Query[Device]:
        """The devices that the set filters select, unsent; `with_groups` adds the groups of each.

        A group given by its name alone is looked up first (GET /inventory/managedObjects). Raises
        ValidationError for the field `group` when there is none of that name.
        """
        wanted = self.filters()
        return c8y.device_inventory.where(
            type=wanted.get("type"),
            owner=wanted.get("owner"),
            group=_group_ids(c8y, wanted["group"]) if "group" in wanted else None,
            query=self._condition() or None,
            order_by=self._order() or None,
            with_groups=with_groups or None,
        )

    def _condition(self) -> str:
        wanted = self.filters()
        return ql.all_of(
            conditions.containing(wanted["text"]) if "text" in wanted else "",
            conditions.AVAILABILITY.get(wanted.get("availability", ""), ""),
            conditions.alarmed(wanted["alarms"]) if "alarms" in wanted else "",
            conditions.split(wanted.get("q", ""))[0],
        )

    def _order(self) -> list[str]:
        """The column's order; without one, the order that the raw query asks for."""
        if self.order is None:
            return [
                key for key in conditions.split(self.filters().get("q", ""))[1].split(",") if key.strip()
            ]
        paths, descending = self.order
        return [f"{path} desc" if descending else path for path in paths.split(",")]


def _group_ids(c8y: CumulocityClient, group: str) -> list[str]:
    given = _GROUP_ID.fullmatch(group)
    if given:
        return [given[1]]
    found = list(c8y.group_inventory.where(name=group).ids())
    if not found:
        raise ValidationError({"group": f"No group is called “{group}”."})
    return found
