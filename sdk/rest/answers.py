"""From an HTTP answer to its JSON, or to the error that says what happened."""

from __future__ import annotations

import html
import re
from http import HTTPStatus
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ResponseError

from sdk import errors
from sdk.rest import connection, dial, documents
from sdk.rest.retry import retry_after

_KINDS: dict[int, type[errors.Refused]] = {
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    429: errors.RateLimited,
}
_TFA = re.compile(r"\b(tfa|totp|two[- ]?factor|2fa)\b", re.IGNORECASE)
_LONGEST = 500


def document(response: requests.Response) -> Any:
    """The JSON of a successful answer, {} when it has no body (or tells that what was deleted is gone).

    Raises:
        BadAnswer: when the body is something else.
    """
    content = response.content
    if response.status_code == 404 or not content or not content.strip():
        return {}
    try:
        return documents.load_json(content)
    except errors.BadAnswer as problem:
        raise bad_answer(response) from problem


def raw_object(response: requests.Response) -> bytes:
    """The bytes of a JSON object that a successful answer brings, or none of them; they are not decoded yet.

    Raises:
        BadAnswer: when it is something else, such as the page of a gateway that asks for a sign-in.
    """
    content = response.content.strip()
    if content and not content.startswith(b"{"):
        raise bad_answer(response)
    return content


def bad_answer(response: requests.Response) -> errors.BadAnswer:
    """The error for a successful answer that is no JSON."""
    kind = response.headers.get("Content-Type", "no type").partition(";")[0]
    return errors.BadAnswer(
        f"The tenant answered {response.status_code} with {kind} that is not the promised JSON "
        f"({response.request.method} {_path(response)})."
    )


def refusal(response: requests.Response) -> errors.Refused:
    """The error for an answer that is no success, in the tenant's own words; no body is too strange."""
    status = response.status_code
    body = _error_body(response.content)
    message = _text(body.get("message")) or _text(body.get("error_description")) or _words(response)
    kind = _KINDS.get(status) or (errors.ServerError if status >= 500 else errors.Invalid)
    if kind is errors.Unauthorized and _TFA.search(f"{message} {_text(body.get('error'))}"):
        kind = errors.MissingTfa
    details = body.get("details")
    error = kind(
        message,
        status=status,
        error=_text(body.get("error")),
        info=_text(body.get("info")),
        # A tunnelled request is named by what is meant.
        method=response.request.headers.get("X-HTTP-METHOD") or response.request.method or "",
        path=_path(response),
        request_id=response.headers.get("X-Request-Id") or response.headers.get("X-Correlation-Id") or "",
        details=details if isinstance(details, dict) else None,
    )
    if isinstance(error, (errors.RateLimited, errors.ServerError)):
        error.retry_after = retry_after(response.headers)
    return error


def failure(problem: requests.RequestException, host: str) -> errors.C8yError:
    """The error for a request that got no complete answer."""
    if isinstance(problem, requests.ConnectTimeout):
        return errors.Timeout(f"Connecting to {host} took too long.", safe_to_repeat=True)
    if isinstance(problem, requests.Timeout):
        return errors.Timeout(f"{host} did not answer in time.")
    if isinstance(problem, connection.TooLarge):
        return errors.BadAnswer(str(problem))
    if isinstance(problem, requests.exceptions.ContentDecodingError):
        return errors.BadAnswer(f"The answer of {host} cannot be decoded.")
    if isinstance(problem, requests.exceptions.SSLError):
        return errors.Unreachable(f"There is no trusted connection to {host}.")
    if isinstance(problem, (dial.NotAllowed, connection.NotSent, ValueError)):
        return errors.Unreachable(str(problem), safe_to_repeat=isinstance(problem, connection.NotSent))
    return errors.Unreachable(f"The connection to {host} broke.", safe_to_repeat=_never_sent(problem))


def is_final(problem: requests.RequestException) -> bool:
    """Whether another attempt cannot end differently, or was asked for long enough."""
    return isinstance(
        problem,
        (
            dial.NotAllowed,
            connection.TooLarge,
            requests.exceptions.SSLError,
            requests.exceptions.ContentDecodingError,
            requests.ReadTimeout,
            ValueError,
        ),
    )


def _never_sent(problem: requests.RequestException) -> bool:
    """The stock adapter hides the reason one level down."""
    reason = getattr(problem.args[0], "reason", None) if problem.args else None
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError)) and not isinstance(
        reason, ResponseError
    )


def _error_body(content: bytes | None) -> dict[str, Any]:
    try:
        body = documents.load_json(content or b"{}")
    except errors.BadAnswer:
        return {}
    return body if isinstance(body, dict) else {}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _words(response: requests.Response) -> str:
    """What to say when the body is no error document: short plain text as it is, else the status's phrase."""
    status = response.status_code
    if 300 <= status < 400:
        return "The tenant answered with a redirect, which is not followed."
    kind = response.headers.get("Content-Type", "")
    text = (response.content or b"")[: 4 * _LONGEST].decode("utf-8", "replace").strip()
    if text and "text/plain" in kind and "<" not in text:
        return html.unescape(text)[:_LONGEST]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return response.reason or f"Status {status}"


def _path(response: requests.Response) -> str:
    return (response.request.path_url or "").partition("?")[0]
