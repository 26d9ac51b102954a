from django.urls import path

from c8yadmin.ui import views

app_name = "ui"
urlpatterns = [path("", views.patterns, name="patterns")]
