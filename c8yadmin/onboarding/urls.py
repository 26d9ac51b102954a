"""/t/<tenant>/onboarding/"""

from django.urls import path

from c8yadmin.onboarding import views

app_name = "onboarding"
urlpatterns = [
    path("", views.browse, name="browse"),
    path("news/", views.news, name="news"),
    path("register/", views.register, name="register"),
    path("accept/", views.accept, name="accept"),
    path("remove/", views.remove, name="remove"),
]
