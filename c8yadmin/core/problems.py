"""What went wrong, in the words of the person before the screen, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from django.http import HttpRequest

import sdk

SENTENCE_LIMIT = 1000  # characters of a tenant's own words


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure as a page shows it.

    `quote` holds the words of `said_by`, or the reason where nobody said it; `details` what an operator of
    the tenant will ask for. `way` leads on: its words, and the name of a page. `again` offers to repeat the
    request, `sign_in` to sign in.
    """

    status: int
    title: str
    text: str
    quote: str = ""
    said_by: str = ""
    details: list[tuple[str, str]] = field(default_factory=list)
    again: bool = False
    sign_in: bool = False
    way: tuple[str, str] | None = None


class Refusal(Exception):
    """What a view cannot do, as the page that says so; whoever meets it may say it in a better place."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


BAD_REQUEST = Problem(
    400,
    "This request cannot be understood",
    "The address or the form was damaged. Go back and try it once more.",
)
TOO_LARGE = Problem(
    413,
    "This form is too large",
    "It holds more than the console takes at once, so nothing of it was read or sent. Go back: what you "
    "typed is still there. Send less of it, or in several steps.",
)
FORBIDDEN = Problem(
    403,
    "This is not permitted",
    "You are signed in, but this page or action is not open to you.",
)
NOT_FOUND = Problem(
    404,
    "There is no such page",
    "The address may be mistyped, or what it showed is gone. Check the address or start from the tenants.",
)
FAILED = Problem(
    500,
    "Something went wrong here",
    "The console failed, not your tenant. The failure was recorded. Try again; if it happens again, tell the "
    "administrator of this console what you did.",
    again=True,
)
UNSAVED = Problem(
    503,
    "The console cannot save anything just now",
    "Its own database is busy, full, read-only or does not answer. What you asked for was not done. Go back: "
    "what you typed is still there. Try again in a moment; if it stays so, tell the administrator of this "
    "console.",
    again=True,
)
EXPIRED_FORM = Problem(
    403,
    "This form is no longer valid",
    "It was not sent because its protection against forged requests does not match: the page was open for "
    "long, you signed in meanwhile, or the browser refuses cookies. Reload the page and send it again.",
    again=True,
)

_UNKNOWN_EFFECT = " It is not known whether the change arrived: look before you repeat it."


def of(error: sdk.C8yError, request: HttpRequest) -> Problem:
    """The problem that `error`, raised while `request` was answered, stands for."""
    tenant = getattr(request, "tenant", None)
    name = tenant.name if tenant else "The tenant"
    problem = _refusal(error, name) if isinstance(error, sdk.Refused) else _failure(error, name)
    if problem.status < 500 or request.method in ("GET", "HEAD") or getattr(error, "safe_to_repeat", False):
        return problem
    return replace(problem, text=problem.text + _UNKNOWN_EFFECT)


def _refusal(error: sdk.Refused, name: str) -> Problem:
    status, title, text = _meaning(error, name)
    details = [
        ("Status", str(error.status)),
        ("Error", error.error),
        ("Request", f"{error.method} {error.path}".strip()),
        ("Request id", error.request_id),
    ]
    return Problem(
        status,
        title,
        text,
        quote=error.message[:SENTENCE_LIMIT],
        said_by=name,
        details=[(label, value) for label, value in details if value],
        again=status >= 429,
        sign_in=status == 401,
    )


def _meaning(error: sdk.Refused, name: str) -> tuple[int, str, str]:
    match error:
        case sdk.Unauthorized():
            return 401, f"{name} asks you to sign in again", "Your sign-in there has ended or was revoked."
        case sdk.Forbidden():
            text = "Your user lacks a permission for this. An administrator of the tenant can grant it."
            return 403, f"{name} does not permit this", text
        case sdk.NotFound():
            return 404, f"{name} has no such object", "It may have been deleted, or your user may not see it."
        case sdk.Conflict():
            text = "It exists already, was changed by somebody else, or something still refers to it."
            return 409, f"{name} refused a conflicting change", text
        case sdk.RateLimited():
            return 429, f"{name} receives too many requests", _pause(error.retry_after)
        case sdk.ServerError():
            return (
                502,
                f"{name} failed to answer",
                "The failure is on the tenant's side. Try again later.",
            )
        case _:
            return 422, f"{name} did not accept this request", "Its words below say why."


def _pause(seconds: float | None) -> str:
    return f"Try again in {seconds:.0f} seconds." if seconds else "Try again in a moment."


def _failure(error: sdk.C8yError, name: str) -> Problem:
    match error:
        case sdk.Timeout():
            text = "It did not answer in time: it may be busy, or the connection slow. Try again."
            return Problem(504, f"{name} took too long", text, again=True)
        case sdk.Unreachable():
            text = "No connection could be made, or it broke. Check the network and the tenant's address."
            return Problem(
                502, f"{name} cannot be reached", text, quote=str(error)[:SENTENCE_LIMIT], again=True
            )
        case _:
            text = "What came back is not what the platform promises. Perhaps a proxy answered in its place."
            return Problem(502, f"{name} gave an unusable answer", text, quote=_quote(error), again=True)


def _quote(error: sdk.C8yError) -> str:
    return str(error)[:SENTENCE_LIMIT]
