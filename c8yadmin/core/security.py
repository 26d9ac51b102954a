"""Headers that keep a page to itself."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from c8yadmin.core.checks import refuse_unsafe_settings

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src {own}",
        "style-src {own}",
        "img-src {own} data:",
        "font-src {own}",
        "connect-src {own}",
        "form-action {own}",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ]
)
UNUSED_FEATURES = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "usb",
    "xr-spatial-tracking",
)  # fmt: skip
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES)


def content_security_policy() -> str:
    """The policy of every page: it loads, sends and asks nothing that is not the console's own.

    Below a prefix the origin belongs to others too, whose files are no scripts of ours: where its name is
    known (C8YADMIN_TRUSTED_ORIGINS), what is beside the prefix is left out.
    """
    shared = settings.CSRF_TRUSTED_ORIGINS if settings.PATH_PREFIX else []
    own = " ".join(f"{origin}{settings.PATH_PREFIX}/" for origin in shared) or "'self'"
    return CONTENT_SECURITY_POLICY.format(own=own)


class SecurityHeadersMiddleware:
    """A strict policy on every answer; an answer with a policy of its own, such as a download, keeps it.

    Pages are never stored: after signing out, the back button must not show a tenant's data. It is made
    before the first page is served, and refuses to be when the settings are unsafe.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        refuse_unsafe_settings()
        self.get_response = get_response
        self.policy = content_security_policy()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        headers = response.headers
        headers.setdefault("Content-Security-Policy", self.policy)
        headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store, private"
            patch_vary_headers(response, ["Cookie", "HX-Request"])
        return response
