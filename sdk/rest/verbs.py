"""The verbs of the REST layer: JSON and files in and out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from sdk.rest import answers, codec, files, media_types, templates
from sdk.rest.files import FileSpec


class Verbs:
    """What can be done with a resource; how it gets there is up to ``send``."""

    def send(
        self,
        method: str,
        resource: str,
        params: codec.Params = (),
        body: bytes | files.Body | None = None,
        accept: str | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request and give back its successful answer."""
        raise NotImplementedError

    def get(
        self, resource: str, *, params: codec.Params | None = None, accept: str | None = media_types.JSON
    ) -> Any:
        """GET a resource.

        Args:
            resource: path from the base URL, already encoded (see ``sdk.path``).
            params: parameters, encoded here; lists repeat the name, None is left out.
            accept: the wanted media type.

        Returns:
            The decoded JSON, {} without a body.

        Raises:
            C8yError: see ``sdk.errors``; NotFound is a KeyError, every other refusal a ValueError.
        """
        return self.request("GET", resource, params or (), accept=accept)

    def post(
        self,
        resource: str,
        *,
        params: codec.Params | None = None,
        json: Any = None,
        accept: str | None = media_types.JSON,
        content_type: str | None = None,
    ) -> Any:
        """POST JSON to a resource; see ``get``."""
        return self.request("POST", resource, params or (), json, accept, content_type)

    def put(
        self,
        resource: str,
        *,
        params: codec.Params | None = None,
        json: Any = None,
        accept: str | None = media_types.JSON,
        content_type: str | None = None,
    ) -> Any:
        """PUT JSON to a resource; see ``get``."""
        return self.request("PUT", resource, params or (), json, accept, content_type)

    def delete(
        self,
        resource: str,
        params: codec.Params | None = None,
        *,
        json: Any = None,
        content_type: str | None = None,
    ) -> Any:
        """DELETE a resource; see ``get``. A repeated DELETE that finds nothing has succeeded before."""
        return self.request("DELETE", resource, params or (), json, None, content_type)

    def patch(
        self,
        resource: str,
        *,
        params: codec.Params | None = None,
        json: Any = None,
        accept: str | None = media_types.JSON,
        content_type: str | None = None,
    ) -> Any:
        """PATCH a resource; see ``get``. The platform itself knows PUT only."""
        return self.request("PATCH", resource, params or (), json, accept, content_type)

    def head(self, resource: str, params: codec.Params | None = None) -> dict[str, str]:
        """The headers that a GET of a resource would bring (HEAD); see ``get`` for the errors."""
        return dict(self.send("HEAD", resource, params or ()).headers)

    def options(self, resource: str) -> list[str]:
        """The methods that a resource allows (OPTIONS); see ``get`` for the errors."""
        allowed = self.send("OPTIONS", resource).headers.get("Allow", "")
        return [method.strip() for method in allowed.split(",") if method.strip()]

    def get_root(self, api: str = "platform") -> dict[str, Any]:
        """The links and URI templates of all resources (GET /platform); see ``expand`` for the templates.

        Args:
            api: of this API only, e.g. "alarm" (GET /alarm) or "inventory".
        """
        found: dict[str, Any] = self.get(
            codec.path(api), accept=f"{media_types.vendor(f'{api.lower()}api')}, */*"
        )
        return found

    @staticmethod
    def expand(template: str, /, **values: Any) -> str:
        """Fill a URI template of ``get_root``, or one of your own, to a resource that can be sent.

        Args:
            template: such as ``https://host/event/events?source={source}``; its host is left out.
            values: what replaces ``{source}``; encoded here.

        Raises:
            ValueError: for a placeholder without a value, and a value without a placeholder.
        """
        return templates.resource(template, values)

    def request(
        self,
        method: str,
        resource: str,
        params: codec.Params = (),
        json: Any = None,
        accept: str | None = None,
        content_type: str | None = None,
    ) -> Any:
        """Send any request with JSON; see ``get``."""
        body = None if json is None else codec.dump_json(json)
        kind = (content_type or media_types.JSON) if body is not None else content_type
        return answers.document(self.send(method, resource, params, body, accept, kind))

    def read(self, resource: str, params: codec.Params = (), accept: str = media_types.JSON) -> bytes:
        """GET a resource as the bytes of its JSON, checked by whoever decodes it; see ``get``."""
        return self.send("GET", resource, params, accept=accept).content

    def get_file(self, resource: str, params: codec.Params | None = None) -> bytes:
        """GET a file's content, up to the connector's ``max_body``."""
        return self.send("GET", resource, params or (), accept="*/*").content

    def post_file(
        self,
        resource: str,
        file: FileSpec,
        filename: str | None = None,
        form_data: Mapping[str, Any] | None = None,
        accept: str | None = None,
        content_type: str | None = None,
        part: str = "file",
    ) -> Any:
        """POST a file as ``multipart/form-data``; it is read piece by piece.

        Args:
            file: path or open binary file.
            filename: its name at the tenant; the path's last part when left out.
            form_data: fields before the file, e.g. ``{"object": {"name": …, "type": …}}``; sent as JSON
                unless they are text or bytes.
            content_type: the file's media type; ``application/octet-stream`` when left out.
            part: the name of the file's part in the form.

        Returns:
            The decoded JSON, {} without a body.

        Raises:
            OSError: when there is no such file.
            C8yError: see ``get``.
        """
        with files.opened(file) as found:
            name = files.name_of(file, filename)
            body, media = files.multipart(form_data, found, name, content_type, part)
            response = self.send("POST", resource, (), body, accept or media_types.JSON, media)
        return answers.document(response)

    def put_file(
        self,
        resource: str,
        file: FileSpec,
        accept: str | None = None,
        content_type: str | None = None,
        *,
        multipart: bool = False,
    ) -> Any:
        """PUT a file as the whole body, which is what the platform expects; see ``post_file``.

        Args:
            multipart: send it as ``multipart/form-data``, for other services.
        """
        with files.opened(file) as found:
            body, media = files.Body([found]), content_type or media_types.BINARY
            if multipart:
                body, media = files.multipart(None, found, files.name_of(file, None), content_type)
            response = self.send("PUT", resource, (), body, accept or media_types.JSON, media)
        return answers.document(response)
