"""/t/<tenant>/operations/"""

from django.urls import path

import c8yadmin.core.paths  # noqa: F401  # the converter oid
from c8yadmin.operations import views

app_name = "operations"
urlpatterns = [
    path("", views.browse, name="browse"),
    path("new/", views.create, name="create"),
    path("<oid:id>/", views.detail, name="detail"),
    path("<oid:id>/cancel/", views.cancel, name="cancel"),
]
