from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from c8yadmin.core import tenants
from c8yadmin.core.tenants import Tenant

LONGEST_GOAL = 4000  # characters of an address
UNSENDABLE = re.compile(r"[\x00-\x1f\x7f:]")


class SignInForm(forms.Form):
    """Who signs in to which tenant. The password is never written back into a page.

    `tenant` is a listed slug or a host name that matches a permitted pattern; `address` is the free field for
    the latter. `resend` and `kept` carry a form that met an ended sign-in, to be sent to `next` afterwards.
    """

    tenant = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)
    address = forms.CharField(
        required=False,
        max_length=500,
        label="Tenant address",
        widget=forms.TextInput(
            attrs={"placeholder": "acme.cumulocity.com", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    username = forms.CharField(
        max_length=1000,
        label="User name",
        error_messages={"required": "Type your user name."},
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        required=False,
        strip=False,
        max_length=1000,
        label="Password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    tfa_code = forms.CharField(
        required=False,
        max_length=20,
        label="Two-factor code",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )
    next = forms.CharField(required=False, max_length=LONGEST_GOAL, widget=forms.HiddenInput)
    resend = forms.BooleanField(required=False, widget=forms.HiddenInput)
    kept = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Ids of its own: the dialog stands on pages that have forms with a user name and a password, too.
        super().__init__(*args, **({"auto_id": "sign_in_%s"} | kwargs))

    def prepare(self) -> None:
        """Let the browser ask for the password, and begin at the first field that is still empty.

        To the server a password may be missing, when a code follows one that waits.
        """
        self.fields["password"].required = True
        name = "password" if self["username"].value() else "username"
        self.fields[name].widget.attrs["autofocus"] = True

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if UNSENDABLE.search(username):
            raise forms.ValidationError("A user name holds no colon and no control character.")
        return username

    def clean_tfa_code(self) -> str:
        return re.sub(r"\s", "", self.cleaned_data["tfa_code"])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        typed = data.get("tenant") or data.get("address") or ""
        tenant = tenants.find(typed) or tenants.find(host_of(typed))
        if tenant is None:
            self.add_error("address" if settings.TENANT_HOSTS else None, unknown(typed))
        else:
            data["tenant"] = tenant
            self._take_prefix(tenant)
        return data

    def destination(self) -> str:
        """The page of this tenant to go to; its own start where `next` names none of it."""
        start = reverse("accounts:tenant", args=[self.tenant_found.slug])
        wanted: str = self.cleaned_data["next"]
        own = wanted.startswith(start) and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
        return wanted if own else start

    @property
    def tenant_found(self) -> Tenant:
        tenant: Tenant = self.cleaned_data["tenant"]
        return tenant

    def _take_prefix(self, tenant: Tenant) -> None:
        """`t123/admin` is how other clients name a user; here the tenant is chosen apart."""
        prefix, slash, username = self.cleaned_data.get("username", "").partition("/")
        if not slash:
            return
        if prefix not in (tenant.tenant_id, tenant.slug) or not username or "/" in username:
            self.add_error("username", f"“{prefix}/…” names another tenant than {tenant.name}.")
        self.cleaned_data["username"] = username


def host_of(typed: str) -> str:
    """The host name in what somebody typed or pasted as a tenant's address; empty where there is none.

    Only https at its usual port will do; a path is ignored, because people paste the address of an app.
    """
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode()
    except ValueError:
        return ""
    plain = parts.scheme == "https" and port in (None, 443) and "@" not in parts.netloc and "\\" not in typed
    return host if plain else ""


def unknown(typed: str) -> str:
    """Why no tenant was found."""
    if not typed:
        return "Choose the tenant to sign in to."
    hosts = f" Its host must match {' or '.join(settings.TENANT_HOSTS)}." if settings.TENANT_HOSTS else ""
    return f"This console knows no tenant “{typed[:100]}”.{hosts}"
