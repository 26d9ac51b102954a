"""What actions share whose targets have a state that can be read, changed, and brought back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from c8yadmin.jobs.execution.differences import changes, same
from c8yadmin.jobs.registry import Image, Occasion, Outcome, Params, Preview, Unfit
from c8yadmin.jobs.undoing.reversal import AS_BEFORE, Undoable
from sdk import CumulocityClient, NotFound

T = TypeVar("T")
Json = dict[str, Any]
GONE = "It was deleted since, and will be skipped."


class StateAction(Undoable, Generic[T]):
    """An action on targets `T`, each of which holds, among other things, what the action is about."""

    @abstractmethod
    def read(self, c8y: CumulocityClient, id: str) -> T:
        """The target as it is now."""

    @abstractmethod
    def label_of(self, found: T) -> str:
        """What people call the target."""

    @abstractmethod
    def state(self, found: T, image: Image, params: Params) -> Json:
        """The part of the target that `image` shows."""

    @abstractmethod
    def bring_back(
        self, c8y: CumulocityClient, found: T, image: Image, params: Params, occasion: Occasion
    ) -> Outcome:
        """Give the target the state of `image.before`. Raises Unfit, before anything is sent."""

    def left(self, found: T, image: Image, params: Params) -> Json:
        """The state in which bringing back leaves the target."""
        return image.before

    def restore(
        self, c8y: CumulocityClient, id: str, image: Image, params: Params, occasion: Occasion
    ) -> Outcome:
        found = self.read(c8y, id)
        if self.took_effect(found, params, occasion):
            return Outcome.ok()
        now, then = self._step(found, image, params)
        if same(now, then):
            return Outcome.already_so(AS_BEFORE)
        occasion.keep(now, then)
        return self.bring_back(c8y, found, image, params, occasion)

    def foresee(self, c8y: CumulocityClient, images: Mapping[str, Image], params: Params) -> list[Preview]:
        return [self._foreseen(c8y, id, image, params) for id, image in images.items()]

    def took_effect(self, found: T, params: Params, occasion: Occasion) -> bool:
        """Whether an earlier attempt, of which nobody knew how it ended, has left the target as it is."""
        earlier = occasion.earlier
        if earlier is None or not same(self.state(found, earlier, params), earlier.after):
            return False
        occasion.keep(earlier.before, earlier.after)
        return True

    def _step(self, found: T, image: Image, params: Params) -> tuple[Json, Json]:
        """From which state into which. Raises Unfit for a target that others have changed since."""
        now = self.state(found, image, params)
        if same(now, image.before):
            return now, now
        if others := changes(image.after, now):
            raise Unfit(f"Changed since: {', '.join(change.path for change in others)}.")
        return now, self.left(found, image, params)

    def _foreseen(self, c8y: CumulocityClient, id: str, image: Image, params: Params) -> Preview:
        try:
            found = self.read(c8y, id)
        except NotFound:
            return Preview(id, id, {}, {}, GONE)
        try:
            now, then = self._step(found, image, params)
        except Unfit as why:
            return Preview(id, self.label_of(found), {}, {}, str(why))
        note = AS_BEFORE if same(now, then) else ""
        return Preview(id, self.label_of(found), now, then, note)
