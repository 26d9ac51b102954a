"""The map: one line per feature, each under the tenant that it shows."""

from django.urls import include, path

from c8yadmin.jobs.pages import metrics

urlpatterns = [
    path("", include("c8yadmin.accounts.urls")),
    path("metrics", metrics.page, name="metrics"),
    path("ui/", include("c8yadmin.ui.urls")),
    path("t/<str:tenant>/devices/", include("c8yadmin.inventory.urls")),
    path("t/<str:tenant>/alarms/", include("c8yadmin.alarms.urls")),
    path("t/<str:tenant>/operations/", include("c8yadmin.operations.urls")),
    path("t/<str:tenant>/users/", include("c8yadmin.users.urls")),
    path("t/<str:tenant>/onboarding/", include("c8yadmin.onboarding.urls")),
    path("t/<str:tenant>/import/", include("c8yadmin.imports.urls")),
    path("t/<str:tenant>/jobs/", include("c8yadmin.jobs.urls")),
]

handler400 = "c8yadmin.core.views.bad_request"
handler403 = "c8yadmin.core.views.forbidden"
handler404 = "c8yadmin.core.views.not_found"
handler500 = "c8yadmin.core.views.server_error"
