"""A client for one resource of any REST service behind the tenant, a microservice for example.

>>> from sdk import BasicAuth, CumulocityClient, ResourceClient
>>> c8y = CumulocityClient("https://acme.cumulocity.com", "t12345", BasicAuth("admin", "secret"))
>>> readings = ResourceClient("service/weather", "stations/{station}/readings", c8y=c8y)
>>> readings.list(params={"unit": "K"}, station=7).json()  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from sdk.errors import BadAnswer
from sdk.rest import answers, codec, media_types, templates
from sdk.rest.auth import BearerAuth
from sdk.rest.client import CumulocityRestClient

if TYPE_CHECKING:
    from builtins import list as List

    from requests import Response

_CONTENT: Final = "content"
_METADATA: Final = "_metadata"


class ResourceClient:
    """The verbs of one resource. Each gives the answer as it is: a refusal too is an answer here.

    Args:
        application: the first part of the path, e.g. ``service/weather`` for a microservice or ``inventory``.
        service_uri: the rest; ``{placeholders}`` are filled with the keyword arguments of each call.
        version: taken for the sake of callers who give it; the path says which version is meant.
        c8y: the connection, with its limits and repetitions.

    Every verb also takes ``token``: a token to act with instead of the connection's own credentials; no
    other call ever sees it. ``params`` and ``data`` are left as they are.
    """

    def __init__(
        self, application: str, service_uri: str, version: str = "v1", *, c8y: CumulocityRestClient
    ) -> None:
        self._template = f"/{application.strip('/')}/{service_uri.strip('/')}"
        if "?" in self._template or not application.strip("/") or not service_uri.strip("/"):
            raise ValueError("A resource is an application and a path within it, without parameters.")
        self.version = version
        self.c8y = c8y

    def __repr__(self) -> str:
        return f"ResourceClient({self._template}, {self.c8y!r})"

    def create(
        self, token: str | None = None, data: Any = None, params: codec.Params | None = None, **kwargs: Any
    ) -> Response:
        """Create a resource (POST).

        Args:
            token: see the class.
            data: what is sent as JSON; nothing when left out.
            params: parameters of the request.
            kwargs: values of the placeholders.

        Raises:
            ValueError: for a placeholder without a value, before anything is sent.
            C8yError: when there is no complete answer; a refusal raises nothing.
        """
        return self._send("POST", None, token, data, params, kwargs)

    def read(
        self, pk: str | int, token: str | None = None, params: codec.Params | None = None, **kwargs: Any
    ) -> Response:
        """Read a resource by its id (GET); see ``create``."""
        return self._send("GET", self._given(pk), token, None, params, kwargs)

    def update(
        self,
        pk: str | int,
        token: str | None = None,
        data: Any = None,
        params: codec.Params | None = None,
        **kwargs: Any,
    ) -> Response:
        """Replace a resource (PUT); see ``create``."""
        return self._send("PUT", self._given(pk), token, data, params, kwargs)

    def partial_update(
        self,
        pk: str | int,
        token: str | None = None,
        data: Any = None,
        params: codec.Params | None = None,
        **kwargs: Any,
    ) -> Response:
        """Change what ``data`` names of a resource (PATCH); see ``create``."""
        return self._send("PATCH", self._given(pk), token, data, params, kwargs)

    def delete(
        self,
        pk: str | int | None,
        token: str | None = None,
        params: codec.Params | None = None,
        **kwargs: Any,
    ) -> Response:
        """Delete a resource (DELETE); None stands for the address without an id. See ``create``."""
        return self._send("DELETE", pk, token, None, params, kwargs)

    def head(
        self,
        token: str | None = None,
        pk: str | int | None = None,
        params: codec.Params | None = None,
        **kwargs: Any,
    ) -> Response:
        """What a GET would answer, without its body (HEAD); see ``create``."""
        return self._send("HEAD", pk, token, None, params, kwargs)

    def list(self, token: str | None = None, params: codec.Params | None = None, **kwargs: Any) -> Response:
        """One page of the resources (GET without an id); see ``create``."""
        return self._send("GET", None, token, None, params, kwargs)

    def get_all(
        self, token: str | None = None, params: codec.Params | None = None, **kwargs: Any
    ) -> List[dict[str, Any]]:
        """All resources, page by page (GET).

        Understood are a plain list, pages with a ``next`` link as the platform has them, and pages of
        ``content`` and ``_metadata``.

        Raises:
            C8yError: for a refusal too: some pages are not all.
            BadAnswer: when an answer is no page, or the pages lead in a circle.
        """
        return [
            row
            for page in self._pages(token, dict(codec.grouped(codec.pairs(params))), kwargs)
            for row in page
        ]

    def _pages(
        self, token: str | None, params: dict[str, Any], kwargs: Mapping[str, Any]
    ) -> Iterator[List[dict[str, Any]]]:
        seen: set[str] = set()
        following: dict[str, Any] | None = params
        while following is not None:
            mark = codec.query_string(sorted(following.items()))
            if mark in seen:
                raise BadAnswer(f"The pages of {self._template} lead in a circle.")
            seen.add(mark)
            response = self.list(token, following, **kwargs)
            if not response.ok:
                raise answers.refusal(response)
            page = answers.document(response)
            rows = _rows(page, self._template)
            yield rows
            following = _next(page, params, rows)

    def _given(self, pk: str | int) -> str | int:
        if not pk and pk != 0:
            raise ValueError("Say which resource is meant; its id is empty.")
        return pk

    def _send(
        self,
        method: str,
        pk: str | int | None,
        token: str | None,
        data: Any,
        params: codec.Params | None,
        kwargs: Mapping[str, Any],
    ) -> Response:
        place = templates.resource(self._template, kwargs)
        if pk is not None:
            place += f"/{codec.segment(pk)}"
        query = codec.query_string(params)
        channel = self.c8y._channel
        if token is not None:
            channel = replace(channel, auth=BearerAuth(token))
        body = None if data is None else codec.dump_json(data)
        headers = self.c8y._headers(method, media_types.JSON, media_types.JSON if body is not None else None)
        url = self.c8y.base_url + codec.resource_path(place) + (f"?{query}" if query else "")
        return channel.call(method, url, headers, body, any_status=True)


def _rows(page: Any, of: str) -> List[dict[str, Any]]:
    """The rows of a page: the page itself, its ``content``, or the only list there is in it."""
    if isinstance(page, list):
        return page
    found = page.get(_CONTENT) if isinstance(page, dict) else None
    if isinstance(found, list):
        return found
    lists = [value for value in page.values() if isinstance(value, list)] if isinstance(page, dict) else []
    if len(lists) != 1:
        raise BadAnswer(f"The answer of {of} is no page of a list.")
    return lists[0]


def _next(page: Any, params: Mapping[str, Any], rows: List[Any]) -> dict[str, Any] | None:
    """The parameters of the page after this one; None after the last."""
    if not isinstance(page, dict):
        return None
    if isinstance(page.get("next"), str):
        # Only its parameters: the link may lead to another host.
        link = parse_qsl(urlsplit(page["next"]).query, keep_blank_values=True)
        return {**params, **codec.grouped(link)}
    about = page.get(_METADATA)
    if not isinstance(about, dict) or not rows:
        return None
    number, limit, total = (about.get(name) for name in ("page", "limit", "total_records"))
    if not (isinstance(number, int) and isinstance(limit, int) and isinstance(total, int)):
        return None
    return {**params, "page": number + 1, "limit": limit} if (number + 1) * limit < total else None


Client = ResourceClient
