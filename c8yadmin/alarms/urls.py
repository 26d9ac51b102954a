"""/t/<tenant>/alarms/"""

from django.urls import path

import c8yadmin.core.paths  # noqa: F401  # the converter oid
from c8yadmin.alarms import views

app_name = "alarms"
urlpatterns = [
    path("", views.browse, name="browse"),
    path("<oid:id>/", views.detail, name="detail"),
    path("<oid:id>/status/", views.change, name="change"),
]
