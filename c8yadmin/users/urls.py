"""/t/<tenant>/users/"""

from django.urls import path

import c8yadmin.core.paths  # noqa: F401  # the converter segment
from c8yadmin.users import views

app_name = "users"
urlpatterns = [
    path("", views.browse, name="browse"),
    path("roles/names/", views.roles, name="roles"),
    path("<segment:id>/", views.detail, name="detail"),
    path("<segment:id>/edit/", views.edit, name="edit"),
    path("<segment:id>/enabled/", views.enable, name="enable"),
    path("<segment:id>/roles/add/", views.grant, name="grant"),
    path("<segment:id>/roles/remove/", views.revoke, name="revoke"),
]
