"""Sending one operation: who shall execute it, and what may stand against it."""

from __future__ import annotations

from dataclasses import dataclass, field

from c8yadmin.operations.body import fragments, supported
from c8yadmin.operations.forms import NewOperation
from c8yadmin.ui.text import visible
from sdk import CumulocityClient, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Recipient:
    """The device of a new operation; `problem` is set where there is no such device."""

    id: str = ""
    name: str = ""
    supported: list[str] = field(default_factory=list)
    problem: str = ""

    @classmethod
    def find(cls, c8y: CumulocityClient, id: str) -> Recipient:
        """The device `id` and the operations that it names as supported: one tenant call."""
        if not (id.isascii() and id.isdigit() and len(id) <= 20):
            return cls()
        try:
            device = c8y.inventory.get(id)
        except NotFound:
            return cls(problem=f"The tenant has no device {id}, or you may not see it.")
        return cls(id, device.name or id, supported(device))

    def accepts(self, form: NewOperation) -> bool:
        """Whether the valid `form` may be sent to this device; if not, the form says why."""
        if self.problem:
            form.add_error("device", self.problem)
            return False
        unknown = [name for name in fragments(form.cleaned_data["body"]) if name not in self.supported]
        if unknown and not form.cleaned_data["unsupported"]:
            form.add_error("unsupported", self._warning(unknown))
        return not form.errors

    def _warning(self, unknown: list[str]) -> str:
        name, names = visible(self.name, 80), visible(", ".join(unknown), 200)
        if not self.supported:
            return f"{name} names no supported operations at all; {names} may stay pending for ever."
        return f"{name} does not name {names} as supported; the operation may stay pending for ever."


def send(c8y: CumulocityClient, form: NewOperation) -> str | None:
    """Create the operation of the valid `form` (POST /devicecontrol/operations); its id, or none if refused.

    The tenant's own words then stand in the form: a device without an agent, for one, takes no operations.
    """
    chosen = form.cleaned_data
    try:
        return c8y.operations.send_to(chosen["body"], chosen["device"])[0]
    except Invalid as error:
        form.add_error(None, visible(error.message))
        return None
