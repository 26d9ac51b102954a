"""The forms of an import: the file, and what its columns mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms import BoundField

from c8yadmin.core.listing import ListForm
from c8yadmin.imports.encodings import fitting
from c8yadmin.imports.guessing import LONGEST_PATH, faults
from c8yadmin.imports.kinds import ImportKind
from c8yadmin.imports.mapping import MODES, Column, Key, Mapping
from c8yadmin.imports.models import Upload
from c8yadmin.imports.values import TYPES
from c8yadmin.imports.verdicts import COUNTED


class UploadForm(forms.Form):
    """A file."""

    file = forms.FileField(
        label="CSV file",
        allow_empty_file=True,
        error_messages={"required": "Choose a file first.", "invalid": "Choose a file first."},
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )


class RowFilter(ListForm):
    """Which rows of a file are listed."""

    verdict = forms.ChoiceField(
        required=False,
        label="What becomes of it",
        choices=[("", "All rows"), *((name, name.capitalize()) for name in COUNTED.values())],
    )


class MappingForm(forms.Form):
    """Where each column goes and as what, and what tells the object of a row."""

    mode = forms.ChoiceField(label="What the rows may do", choices=list(MODES.items()))
    key = forms.ChoiceField(required=False, label="What tells which one it is")
    key_column = forms.TypedChoiceField(required=False, coerce=int, empty_value=None, label="In the column")
    key_type = forms.CharField(required=False, max_length=200, label="Type of the external id")
    switch = forms.BooleanField(required=False)
    encoding = forms.ChoiceField(
        widget=forms.HiddenInput, error_messages={"invalid_choice": "Not all of the file can be read so."}
    )

    def __init__(
        self, kind: ImportKind, upload: Upload, data: Any = None, shown: Mapping | None = None
    ) -> None:
        self.kind, self.header = kind, tuple(upload.columns)
        super().__init__(data, initial=_initial(shown) if shown else None)
        self._choose_key()
        self.fields["encoding"].choices = [(name, name) for name in fitting(upload.foreign)]  # type: ignore[attr-defined]
        if not upload.foreign:
            del self.fields["encoding"]
        if kind.switch:
            self.fields["switch"].label, self.fields["switch"].help_text = kind.switch.label, kind.switch.help
        else:
            del self.fields["switch"]
        for place, name in enumerate(self.header):
            self._add_column(place, name)

    def _choose_key(self) -> None:
        nothing = [] if self.kind.always_told else [("", "Nothing: every row is new")]
        choices = [*nothing, *((choice.name, choice.label) for choice in self.kind.keys)]
        columns = [("", "Choose a column"), *((str(n), name) for n, name in enumerate(self.header))]
        self.fields["key"].choices = choices  # type: ignore[attr-defined]
        self.fields["key_column"].choices = columns  # type: ignore[attr-defined]
        if not any(choice.typed for choice in self.kind.keys):
            del self.fields["key_type"]

    def _add_column(self, place: int, name: str) -> None:
        words = {"autocomplete": "off", "spellcheck": "false", "list": "paths", "placeholder": "not imported"}
        self.fields[f"path_{place}"] = forms.CharField(
            required=False,
            max_length=LONGEST_PATH,
            label=f"Where “{name}” goes",
            widget=forms.TextInput(attrs=words | {"aria-label": f"Where “{name}” goes"}),
        )
        self.fields[f"type_{place}"] = forms.ChoiceField(
            label=f"Type of “{name}”",
            choices=list(TYPES.items()),
            widget=forms.Select(attrs={"aria-label": f"Type of “{name}”"}),
        )

    def columns(self) -> list[tuple[str, BoundField, BoundField]]:
        """Name, path and type of each column."""
        return [(name, self[f"path_{n}"], self[f"type_{n}"]) for n, name in enumerate(self.header)]

    def about_key(self) -> list[BoundField]:
        """The fields that say what tells the object."""
        return [self[name] for name in ("key", "key_column", "key_type") if name in self.fields]

    def filled_as(self, earlier: MappingForm) -> None:
        """Show what was changed in `earlier`, which was about the same columns."""
        self.initial.update((name, earlier[name].data) for name in earlier.changed_data if name != "encoding")

    def choose(self, places: Sequence[int], type: str) -> None:
        """Show the columns at `places` as of this type."""
        self.initial.update((f"type_{place}", type) for place in places)

    def chosen(self, places: Sequence[int]) -> str:
        """The type of all columns at `places`; empty where they have several."""
        types = {str(self[f"type_{place}"].value()) for place in places}
        return types.pop() if len(types) == 1 else ""

    @property
    def mapping(self) -> Mapping:
        """What the valid form says."""
        given = self.cleaned_data
        columns = tuple(
            Column(path, given[f"type_{n}"]) if (path := given.get(f"path_{n}", "").strip()) else None
            for n in range(len(self.header))
        )
        switch, encoding = given.get("switch", False), given.get("encoding", "")
        return Mapping(self.header, columns, self._key(), given["mode"], switch, encoding)

    def _key(self) -> Key | None:
        by, column = self.cleaned_data.get("key"), self.cleaned_data.get("key_column")
        if not by or column is None:
            return None
        typed = any(choice.typed for choice in self.kind.keys if choice.name == by)
        return Key(by, column, self.cleaned_data.get("key_type", "") if typed else "")

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("key") and given.get("key_column") is None and "key_column" not in self.errors:
            self.add_error("key_column", "Say in which column it stands.")
        if not self.errors:
            for place, why in list(faults(self.kind, self.mapping)):
                self.add_error(None if place is None else f"path_{place}", why)
        return given


def _initial(shown: Mapping) -> dict[str, Any]:
    key = shown.key
    initial: dict[str, Any] = {
        "mode": shown.mode,
        "switch": shown.switch,
        "encoding": shown.encoding,
        "key": key.by if key else "",
        "key_column": str(key.column) if key else "",
        "key_type": (key.type if key else "") or "c8y_Serial",
    }
    for place, column in enumerate(shown.columns):
        initial[f"path_{place}"] = column.path if column else ""
        initial[f"type_{place}"] = column.type if column else "text"
    return initial
