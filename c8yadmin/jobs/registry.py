"""What jobs can do: actions on kinds of targets, registered by the features.

An action declares its form, its preview and what it does to one target; pages, progress, results, retry and
the command line follow from that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol, TypeVar

from django import forms

from c8yadmin.core.listing import ListForm
from c8yadmin.core.request import AppRequest
from c8yadmin.jobs.exports.columns import Sheet
from c8yadmin.jobs.states import ItemState
from sdk import CumulocityClient

Params = dict[str, Any]
Effect = Literal["", "created", "deleted"]
Nature = Literal["change", "addition", "deletion"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an action ended on one target; `message` is for people. `status` is that of the answer in which the
    tenant refused, whose words are then all of the message of a failure, and what follows a colon in others.

    `already` tells that nothing had to be done, and `changed_at` when the target last changed: a worker that
    may have died right after its call must not take its own effect for somebody else's. `found` is what a
    batch action shall keep of the target.
    """

    state: ItemState
    message: str = ""
    code: str = ""
    status: int | None = None
    already: bool = False
    changed_at: datetime | None = None
    found: Any = None

    @classmethod
    def ok(cls, found: Any = None) -> Outcome:
        return cls(ItemState.OK, found=found)

    @classmethod
    def failed(cls, message: str, code: str = "", status: int | None = None) -> Outcome:
        return cls(ItemState.FAILED, message, code, status)

    @classmethod
    def skipped(cls, message: str, code: str = "", status: int | None = None) -> Outcome:
        return cls(ItemState.SKIPPED, message, code, status)

    @classmethod
    def already_so(cls, message: str, changed_at: datetime | None = None) -> Outcome:
        return cls(ItemState.SKIPPED, message, "already", already=True, changed_at=changed_at)

    @classmethod
    def unknown(cls, message: str, code: str = "", status: int | None = None) -> Outcome:
        return cls(ItemState.UNKNOWN, message, code, status)


@dataclass(frozen=True, slots=True)
class Image:
    """The part of a target that an action touches, as it was before and as the action leaves it.

    A name that is missing was, or is then, not there.
    """

    before: dict[str, Any]
    after: dict[str, Any]


def _keep_nowhere(image: Image) -> None:
    """For jobs that keep no images."""


@dataclass(slots=True)
class Occasion:
    """What an action may want to know beside its target.

    `job` names the work through all its retries, `since` is when that was first asked for, and `owner` the
    user who did. `repeated` tells that the target may have had its call before, from an attempt of which
    nobody knows how it ended; `earlier` is what that attempt kept: without it, it changed nothing. An action
    sets `unanswered` for its next attempt: the tenant took too long, and may still be at it. `given` is what
    a revert shall restore, and `kept` tells that this attempt has kept an image.
    """

    job: str
    owner: str
    since: datetime
    repeated: bool = False
    unanswered: bool = False
    earlier: Image | None = None
    given: Image | None = None
    keeper: Callable[[Image], None] = _keep_nowhere
    kept: bool = False

    def keep(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Wait until the image is written down for good; only then the change may be sent.

        Does not return when this worker may not send any more.
        """
        image = Image(before, after)
        self.keeper(image)
        self.earlier, self.kept = image, True


class Unfit(Exception):
    """The action does not fit this target, which is skipped; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What an action would do to one target: its affected fragments before and after, absent ones left out.

    `note` says what the difference cannot: that the target would be skipped, and why. `effect` tells that an
    object as a whole comes or goes.
    """

    id: str
    label: str
    before: dict[str, Any]
    after: dict[str, Any]
    note: str = ""
    effect: Effect = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some more targets of a job; `keep`, where given, writes down what was learned about them.

    It runs in the transaction that proves that the job is still this worker's to prepare.
    """

    ids: list[str]
    keep: Callable[[], None] | None = None


class Ask(Protocol):
    """Does what asks the tenant, in a thread of its own and for as long as it takes."""

    def __call__(self, work: Callable[[CumulocityClient], T], /) -> T: ...


@dataclass(frozen=True, slots=True)
class TargetKind:
    """What jobs can be aimed at.

    `form` is the filter form of the kind's list, whose `.query(c8y)` builds the SDK query of what matches.
    `query`, where given, builds it from the raw text of `--query` on the command line instead. `names` tells
    what people call the given ids, for those that still exist. `page` and `listing` name the pages of one
    target and of the list. `id` is what an id looks like: nothing else is taken at submission. `source` is
    for targets that no list of the tenant holds: it finds those of one `{"source": …}`, batch by batch, in
    the thread where the database is. Where it goes on for another worker it is told the last target that is
    frozen (empty: none yet), and None when it begins. Such jobs begin on a page of their own. `sheet` is what
    of a target goes into an exported file.
    """

    name: str
    label: tuple[str, str]
    form: type[ListForm]
    query: Callable[[CumulocityClient, str], Any] | None = None
    names: Callable[[CumulocityClient, Sequence[str]], dict[str, str]] | None = None
    page: str = ""
    listing: str = ""
    id: str = "[0-9]{1,20}"
    source: Callable[[str, Ask, str | None], Iterator[Batch]] | None = None
    sheet: Sheet | None = None

    def counted(self, n: int) -> str:
        """`1 device`, `1,200 devices`."""
        return f"{n:,} {self.label[n != 1]}"


class ParamsForm(forms.Form):
    """What an action wants to know; `params()` is what the job keeps.

    `suggestions` names the pages that answer with suggestions for a field, by field name.
    """

    suggestions: ClassVar[Mapping[str, str]] = {}

    def params(self) -> Params:
        """The validated answers as JSON values."""
        return dict(self.cleaned_data)

    @classmethod
    def typed(cls, params: Params) -> dict[str, Any]:
        """What has to be typed for `params`, by field; those that no form can give are left out."""
        return {name: params[name] for name in cls.base_fields if name in params}


class Action(ABC):
    """Something that can be done to many targets, one call after another.

    `version` grows when the meaning of the stored parameters changes: a worker that does not know a job's
    version leaves the job to one that does. `title` is the label where no list tells what it is done to, if
    that alone says too little. `calls` is how many requests one target costs, for the forecast.
    `terse` tells that what it describes is the same for most of its jobs, so that their titles name their
    targets too. `caution` is a sentence to be read before a job is confirmed.
    Above a list the buttons stand by `place`, the most used first and the dangerous ones last. What is not
    `repeatable` must not be sent twice: on a repeated occasion `perform` looks first, and a target of which
    nobody can tell ends as unknown. What only `reads` changes nothing in the tenant: it needs no
    confirmation, and may be done where the tenant is connected read-only. Its `nature` tells what becomes of
    a target that another job is about, too: a change may meet another one, an addition stands by itself.
    `panel` is the template of what only this action tells on a job's page, with what `shown` gives as its
    context. `irreversible` says why a job of this action cannot be reverted;
    the reversible ones are `reversal.Undoable`.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    title: ClassVar[str] = ""
    terse: ClassVar[bool] = False
    caution: ClassVar[str] = ""
    target: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    destructive: ClassVar[bool] = False
    tone: ClassVar[Literal["secondary", "danger"]] = "secondary"
    place: ClassVar[int] = 0
    version: ClassVar[int] = 1
    calls: ClassVar[int] = 1
    repeatable: ClassVar[bool] = True
    reads: ClassVar[bool] = False
    nature: ClassVar[Nature] = "change"
    form: ClassVar[type[ParamsForm]] = ParamsForm
    panel: ClassVar[str] = ""
    irreversible: ClassVar[str] = "Nothing is kept of what was there before."

    @abstractmethod
    def describe(self, params: Params) -> str:
        """What will be done, as words before a colon and the targets: `Set c8y_Note = 1`."""

    @abstractmethod
    def preview(self, c8y: CumulocityClient, ids: Sequence[str], params: Params) -> list[Preview]:
        """The differences that the action would make to `ids`; targets that are gone are left out."""

    @abstractmethod
    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        """Do it to one target. May be called again for the same target, so it must be safe to repeat.

        An `sdk.C8yError` may be raised: the engine decides what to try again and how to count it. `Unfit`
        skips the target.
        """

    def settle(self, c8y: CumulocityClient, params: Params) -> Params:
        """`params` with what only the tenant knows, such as the id behind a name, before the job is made.

        Raises ValidationError for what the tenant does not have.
        """
        return params

    def refusal(self, params: Params, total: int) -> str:
        """Why it cannot be done to so many targets, asked while they are counted; empty when it can."""
        return ""

    def outlook(self, c8y: CumulocityClient, spec: Mapping[str, Any], params: Params, total: int) -> str:
        """What can be told of all `total` targets before it is done to them, as a sentence; often nothing.

        `spec` says where they come from, see `orders.scopes`. Few calls: a job may have a million targets.
        """
        return ""

    def load(self, params: Params, ids: Sequence[str]) -> Params:
        """`params` with what the database holds for the targets `ids`.

        Called before `preview`, and before `perform` for each chunk: these two may not ask the database.
        """
        return params

    def figures(self, params: Params) -> dict[str, int]:
        """Counts that stand beside those of the targets, by name; with any `rejected` no job is flawless."""
        return {}

    def fruitless(self, params: Params, figures: Mapping[str, int]) -> str:
        """Why there turned out to be no targets, in sentences, where more is known than that nothing matched;
        `panel` shows it then. `figures` are those of the action."""
        return ""

    def shown(self, params: Params, figures: Mapping[str, int]) -> dict[str, Any]:
        """What the template `panel` needs, beside the `figures` of the action."""
        return {}

    def blocked(self, request: AppRequest) -> str:
        """Why this user may not do it, as a sentence; empty when nothing is known against it."""
        return request.blocked(*self.needs)

    def reversal(self, verb: str) -> Action | None:
        """The action that undoes ("revert") or does again ("redo") what this one did; None without one."""
        return None

    def parse(self, pairs: Sequence[tuple[str, str]]) -> Params:
        """The parameters from the command line's `--param name=value`; ValueError with a sentence."""
        form = self.form(dict(pairs))
        if unknown := [name for name, _ in pairs if name not in form.fields]:
            raise ValueError(
                f"{self.name} has no parameter “{unknown[0]}”; it knows {', '.join(form.fields)}."
            )
        if not form.is_valid():
            raise ValueError(first_error(form))
        return form.params()


@dataclass(frozen=True, slots=True)
class Offer:
    """An action as a button above a list; `blocked` says why not."""

    name: str
    label: str
    blocked: str
    tone: str


@dataclass(slots=True)
class _Registry:
    targets: dict[str, TargetKind] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)


_registry = _Registry()
A = TypeVar("A", bound=type[Action])


def register_target(kind: TargetKind) -> None:
    """Let jobs be aimed at `kind`."""
    _registry.targets[kind.name] = kind


def action(cls: A) -> A:
    """Class decorator: jobs can do this."""
    _registry.actions[cls.name] = cls()
    return cls


def find_action(name: str) -> Action | None:
    """The registered action of this name; `inventory.set.revert` and `inventory.set.redo` follow from one."""
    found = _registry.actions.get(name)
    base, _, verb = name.rpartition(".")
    if found is None and base in _registry.actions:
        return _registry.actions[base].reversal(verb)
    return found


def orderable(name: str) -> Action | None:
    """The registered action of this name, if it can be ordered by itself: a reversal follows from a job."""
    return _registry.actions.get(name)


def find_target(name: str) -> TargetKind | None:
    """The registered kind of targets of this name."""
    return _registry.targets.get(name)


def actions() -> Iterator[Action]:
    """All registered actions, by name."""
    return iter(sorted(_registry.actions.values(), key=lambda a: a.name))


def offered(kind: str, request: AppRequest) -> list[Offer]:
    """The actions that change targets of `kind`, for the bar above their list, in the order of
    `Action.place`."""
    found = sorted((a for a in actions() if a.target == kind and not a.reads), key=lambda a: a.place)
    return [Offer(a.name, a.label, a.blocked(request), a.tone) for a in found]


def first_error(form: forms.Form) -> str:
    """The first thing that is wrong with `form`, naming its field."""
    name, errors = next(iter(form.errors.items()))
    return f"{name}: {errors[0]}" if name in form.fields else str(errors[0])
