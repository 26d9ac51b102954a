"""Form controls in the console's looks."""

from __future__ import annotations

from django.forms import BoundField, CheckboxInput, Select, Widget
from django.utils.safestring import SafeString


def control(bound: BoundField, described: str = "") -> SafeString:
    """The input of `bound`, named by the elements with the ids in `described`, marked when it has errors.

    Where it is several ones to choose from, the macro `field` draws them.
    """
    widget = bound.field.widget
    looks = [_look(widget), widget.attrs.get("class"), "is-invalid" if bound.errors else None]
    attrs: dict[str, str | bool] = {"class": " ".join(filter(None, looks))}
    if described:
        attrs["aria-describedby"] = described
    return bound.as_widget(attrs=attrs)


def _look(widget: Widget) -> str:
    if isinstance(widget, CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(widget, Select) else "form-control"
