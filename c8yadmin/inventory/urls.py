from django.urls import path

from c8yadmin.core import paths  # noqa: F401  # <oid:…>
from c8yadmin.inventory import editor, views

app_name = "inventory"
urlpatterns = [
    path("", views.browse, name="browse"),
    path("groups/", views.groups, name="groups"),
    path("<oid:id>/", views.detail, name="detail"),
    path("<oid:id>/edit/", editor.edit, name="edit"),
]
