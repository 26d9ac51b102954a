"""/t/<tenant>/import/"""

from __future__ import annotations

from django.urls import URLPattern, path

from c8yadmin.imports import views

app_name = "imports"
urlpatterns: list[URLPattern] = [
    path("<slug:kind>/", views.new, name="new"),
    path("<slug:kind>/example.csv", views.example, name="example"),
    path("<slug:kind>/<uuid:id>/", views.mapping, name="mapping"),
    path("<slug:kind>/<uuid:id>/rows/", views.rows, name="rows"),
    path("<slug:kind>/<uuid:id>/failed.csv", views.failed, name="failed"),
]
