"""Why a target did not simply succeed, for people: what the console says, and what the tenant said."""

from __future__ import annotations

from dataclasses import dataclass

from c8yadmin.jobs.states import ItemState

REFUSALS = {
    401: "wants another sign-in",
    403: "does not permit this",
    404: "has no such object",
    409: "refused a conflicting change",
    429: "receives too many requests",
}


@dataclass(frozen=True, slots=True)
class Told:
    """`words` are the console's, `quote` the tenant's where it spoke, which calls the refusal `code`."""

    words: str
    quote: str = ""
    code: str = ""

    @classmethod
    def of(cls, outcome: str, status: int | None, code: str, message: str) -> Told:
        """What the result of a target tells.

        Only the tenant's answers have a `status`. Their words are all of the `message` of a failure; of other
        results they follow those of the console, behind a colon.
        """
        if status is None:
            return cls(message or "no reason given")
        if outcome == ItemState.FAILED:
            return cls(f"The tenant {_refusal(status)} ({status})", message, code)
        words, _, quote = message.partition(": ")
        return cls(words, quote, code)

    def __str__(self) -> str:
        return f"{self.words}: “{self.quote}”" if self.quote else self.words


def _refusal(status: int) -> str:
    return "failed to do this" if status >= 500 else REFUSALS.get(status, "did not accept this")
