"""What a job may work with after its confirmation: asked for, explained and checked on its page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from c8yadmin.accounts.attempts import judged
from c8yadmin.accounts.credentials import Credential, Secret
from c8yadmin.accounts.limits import TooManyAttempts
from c8yadmin.accounts.login import NotHere, WrongCode, explain
from c8yadmin.accounts.middleware import TenantRequest
from c8yadmin.accounts.service import service_user
from c8yadmin.jobs.authority import deputies
from c8yadmin.jobs.authority.credentials import LONGEST, Consent, Loan
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.registry import find_action
from sdk import C8yError, MissingTfa

CHOICES = (1, 2, 4, 8, 12, 24)
SECOND_FACTOR = "You sign in with a second factor, so a password alone could not sign the job in again."


class LendingForm(forms.Form):
    """What the job works with besides a copy of its owner's sign-in; nothing of it is ticked by itself.

    `no_password` and `no_deputy` are why the one and the other cannot be chosen, as sentences; `deputy` is
    the service user's name. `until` is the end of the owner's present sign-in, None where that is a password.
    """

    service = forms.BooleanField(required=False)
    keep_password = forms.BooleanField(required=False, label="Keep my password for this job")
    password = forms.CharField(
        required=False,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    hours = forms.TypedChoiceField(required=False, coerce=int, label="Delete it at the latest")

    def __init__(self, request: TenantRequest, job: Job, data: Any = None) -> None:
        super().__init__(data)
        self._request = request
        deputy = service_user(request.tenant)
        self.deputy = deputy.username if deputy else ""
        self.no_deputy = deputies.lacks(request.person, find_action(job.action)) if deputy else "None."
        self.no_password = _no_password(request)
        self.until: datetime | None = None
        if request.signin.expires_at:
            self.until = min(request.signin.expires_at, clock() + LONGEST)
        self.fields["service"].label = f"Let the service user {self.deputy} do the work"
        hours = [choice for choice in CHOICES if choice <= settings.JOB_PASSWORD_HOURS]
        self.fields["hours"].choices = [(n, f"after {n} hour{'s' if n > 1 else ''}") for n in hours]  # type: ignore[attr-defined]
        self.fields["hours"].initial = hours[-1] if hours else None

    @property
    def asked(self) -> bool:
        """Whether the part about the password should be open."""
        return bool(self.errors)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("service") and cleaned.get("keep_password"):
            raise forms.ValidationError("Choose one: the service user needs none of your passwords.")
        if cleaned.get("service") and self.no_deputy:
            raise forms.ValidationError(f"The service user cannot do this for you. {self.no_deputy}")
        if cleaned.get("keep_password"):
            self._check_password(cleaned)
        return cleaned

    def _check_password(self, cleaned: dict[str, Any]) -> None:
        if self.no_password:
            self.add_error("keep_password", self.no_password)
        elif not cleaned.get("password"):
            self.add_error("password", "Type your password again, or take the tick away.")
        elif not cleaned.get("hours") and "hours" not in self.errors:
            self.add_error("hours", "Choose how long it may be kept.")

    @sensitive_variables()
    def loan(self) -> Loan | None:
        """What the job gets, of a valid form; None when the tenant does not accept the password, as the form
        then says."""
        if self.cleaned_data["service"]:
            tenant = self._request.tenant
            return Loan(Credential("service", tenant.tenant_id, self.deputy, Secret("")))
        if not self.cleaned_data["keep_password"]:
            return Loan(self._request.signin.lent())
        password = self.cleaned_data["password"]
        try:
            identity = judged(self._request, self._request.tenant, self._request.person.name, password)
        except (C8yError, NotHere, WrongCode, TooManyAttempts) as refusal:
            self.add_error("password", self._words(refusal))
            return None
        until = clock() + timedelta(hours=self.cleaned_data["hours"])
        return Loan(identity.credential, Consent(Secret(password), until))

    def _words(self, refusal: Exception) -> str:
        request = self._request
        if isinstance(refusal, TooManyAttempts):
            return refusal.words(request.person.name, request.tenant.name)
        return SECOND_FACTOR if isinstance(refusal, MissingTfa) else explain(request.tenant, refusal)[1]


def _no_password(request: TenantRequest) -> str:
    if not settings.JOB_PASSWORD_HOURS:
        return "Jobs keep no passwords here."
    return SECOND_FACTOR if request.signin.second_factor else ""
