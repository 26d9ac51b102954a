"""Answers that are read piece by piece, after the call that opened them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from sdk.rest import codec
from sdk.rest.channel import _Call
from sdk.rest.patience import Patience

if TYPE_CHECKING:
    from sdk.rest.client import CumulocityRestClient


class _Opening(_Call):
    """A call whose answer is read later; while it is read it keeps its place among the requests in flight."""

    def _exchange(self) -> requests.Response:
        channel = self.channel
        channel.enter(None)
        kept = False
        try:
            request = self._prepared()
            if channel.on_request is not None:
                channel.on_request(request)
            patience: Any = Patience(*channel.timeout, None)
            response = channel.connector.send(request, stream=True, timeout=patience)
            successful = 200 <= response.status_code < 300
            if not successful:
                # An error is wanted whole.
                response.content  # noqa: B018
            self._renew(response)
            if channel.on_response is not None:
                channel.on_response(response)
            kept = successful
        finally:
            if not kept:
                channel.leave()
        return response


def opened(client: CumulocityRestClient, url: str, headers: dict[str, str]) -> requests.Response:
    """The successful answer to a GET, its body still to be read; ``Channel.leave`` when that is done.

    Raises:
        C8yError: when the tenant refuses or cannot be reached.
    """
    call = _Opening(client._channel, "GET", url, headers, None, None)
    while True:
        call.attempts += 1
        done = call.attempt()
        if done is not None:
            return done


def target(resource: str, params: codec.Params) -> str:
    """What follows the base URL in a request."""
    query = codec.query_string(params)
    path = codec.resource_path(resource)
    return path + (("&" if "?" in path else "?") + query if query else "")
