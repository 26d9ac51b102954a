"""Actions whose jobs can be undone, and the actions that undo them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from c8yadmin.core.request import AppRequest
from c8yadmin.jobs.registry import Action, Image, Nature, Occasion, Outcome, Params, Preview
from sdk import CumulocityClient

AS_BEFORE = "It is as it was before."
GONE_ALREADY = "It is gone already."


class Undoable(Action):
    """An action that keeps an image of each target before it changes it, and can restore it from there.

    `perform` and `restore` call `occasion.keep` before each change, whatever happens then. `final` says why
    an undoing cannot be undone itself; empty when it can. `restorable_twice` is `repeatable` of the undoing,
    and `undo_calls` its `calls` where they are others. `loses` is what no undoing brings back, as a sentence.
    `takes_away` tells that undoing removes what the action created or allowed. `in_one_call` tells that all
    of a change is one request, so that one which the tenant refused was not made.
    """

    irreversible: ClassVar[str] = ""
    final: ClassVar[str] = ""
    restorable_twice: ClassVar[bool] = True
    undo_calls: ClassVar[int] = 0
    loses: ClassVar[str] = ""
    takes_away: ClassVar[bool] = False
    in_one_call: ClassVar[bool] = False

    def became(self, image: Image) -> str:
        """The id of what stands for the target now, where undoing made it anew; else empty."""
        return ""

    def reversal(self, verb: str) -> Action | None:
        return _reversal(self, verb) if verb in ("revert", "redo") else None

    @abstractmethod
    def restore(
        self, c8y: CumulocityClient, id: str, image: Image, params: Params, occasion: Occasion
    ) -> Outcome:
        """Bring what `image` shows back from its `after` to its `before`, like `perform`.

        Raises Unfit for a target that others have changed since, naming what.
        """

    @abstractmethod
    def foresee(self, c8y: CumulocityClient, images: Mapping[str, Image], params: Params) -> list[Preview]:
        """What `restore` would do to the targets, by id; a target that is gone says so in its note."""


class Reversal(Action):
    """Undoing the jobs of an action, or doing again what was undone."""

    of: ClassVar[Undoable]

    def describe(self, params: Params) -> str:
        return f"{self.label.partition(':')[0]}: {self.of.describe(params)}"

    def preview(self, c8y: CumulocityClient, ids: Sequence[str], params: Params) -> list[Preview]:
        return []

    def foresee(self, c8y: CumulocityClient, images: Mapping[str, Image], params: Params) -> list[Preview]:
        """As of the action itself."""
        return self.of.foresee(c8y, images, params)

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        if occasion.given is None:
            return Outcome.failed("What was there before is no longer kept.", "no_image")
        return self.of.restore(c8y, id, occasion.given, params, occasion)

    def blocked(self, request: AppRequest) -> str:
        return self.of.blocked(request)


def _reversal(action: Undoable, verb: str) -> Reversal:
    redo = verb == "redo"

    class Back(Reversal):
        of = action
        name = f"{action.name}.{verb}"
        label = f"{verb.capitalize()}: {action.label}"
        terse = action.terse
        target = action.target
        needs = action.needs
        destructive = action.destructive if redo else action.takes_away
        tone = action.tone if redo else "secondary"
        version = action.version
        nature: ClassVar[Nature] = action.nature if redo or action.nature == "change" else "addition"
        calls = action.calls if redo else action.undo_calls or action.calls
        repeatable = action.restorable_twice
        irreversible = action.final

    return Back()


def opposite(action: Action) -> Action | None:
    """What takes back what `action` does; None where nothing can, as its `irreversible` says."""
    if action.irreversible:
        return None
    if not isinstance(action, Reversal):
        return action.reversal("revert")
    redo = action.name.endswith(".redo")
    return action.of.reversal("revert" if redo else "redo")
