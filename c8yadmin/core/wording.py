"""What form fields say when they refuse something: the console's own words in place of Django's."""

from __future__ import annotations

from django import forms
from django.core import validators

_NO_CHOICE = {"invalid_choice": "“%(value)s” is not one of the choices."}
_FIELDS: dict[type[forms.Field], dict[str, str]] = {
    forms.Field: {"required": "Fill this in."},
    forms.ChoiceField: {"required": "Choose one.", **_NO_CHOICE},
    forms.MultipleChoiceField: _NO_CHOICE,
    forms.IntegerField: {"invalid": "Type a whole number."},
    forms.DateTimeField: {"invalid": "Type a date and a time, such as 2026-01-31T14:30."},
}
_VALIDATORS: dict[type[validators.BaseValidator | validators.EmailValidator], str] = {
    validators.MaxLengthValidator: "At most %(limit_value)s characters fit in here; this has %(show_value)s.",
    validators.MinLengthValidator: "This needs at least %(limit_value)s characters; it has %(show_value)s.",
    validators.MaxValueValidator: "This can be %(limit_value)s at most.",
    validators.MinValueValidator: "This must be %(limit_value)s at least.",
    validators.EmailValidator: "This is not an e-mail address.",
}


def speak() -> None:
    """Teach Django's fields and validators these words; fields that exist already keep theirs."""
    for field, words in _FIELDS.items():
        field.default_error_messages = {**field.__dict__.get("default_error_messages", {}), **words}
    for validator, sentence in _VALIDATORS.items():
        validator.message = sentence
    validators.ProhibitNullCharactersValidator.message = "This holds a null character, which no text may."
