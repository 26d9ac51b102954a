"""The same client in other words: another processing mode, another system of units, a plain session."""

from __future__ import annotations

import copy
from functools import cached_property
from typing import Self

import requests

from sdk.rest import sessions
from sdk.rest.channel import Channel
from sdk.rest.options import ProcessingMode, Units, units_of


class Variants:
    """What a client makes of itself; all share its connections."""

    base_url: str
    processing_mode: ProcessingMode | None
    system_of_units: Units | None
    _channel: Channel
    _own: bool

    def processing(self, mode: str | None) -> Self:
        """The same client with another processing mode, for some calls::

            with c8y.processing(ProcessingMode.TRANSIENT) as passing:
                passing.events.create(event)

        Both share their connections. Verbs of objects use the client that the objects came from.

        Args:
            mode: see ``ProcessingMode``; None for the platform's own choice.

        Raises:
            ValueError: for a mode there is none of.
        """
        other = self._twin()
        other.processing_mode = ProcessingMode(mode) if mode else None
        return other

    def in_units(self, system: Units | None) -> Self:
        """The same client with another system of units, for some calls; see ``processing``::

            with c8y.in_units("imperial") as american:
                american.measurements.get_last(source=id)

        Args:
            system: "imperial" or "metric"; None for the units that measurements were sent in.

        Raises:
            ValueError: for a system there is none of.
        """
        other = self._twin()
        other.system_of_units = units_of(system)
        return other

    def _twin(self) -> Self:
        other = copy.copy(self)
        for name in vars(self):
            if isinstance(getattr(type(self), name, None), cached_property):
                del other.__dict__[name]  # a collection knows its client
        other._own = False
        return other

    @cached_property
    def session(self) -> requests.Session:
        """A session of ``requests`` that signs in as this client, for what it does not cover.

        It sends to the tenant's address only, through this client's connections, and repeats nothing.
        """
        return sessions.session(self.base_url, self._channel)
