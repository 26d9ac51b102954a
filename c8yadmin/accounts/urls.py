from django.urls import path

from c8yadmin.accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("t/<str:tenant>/", views.tenant, name="tenant"),
    path("t/<str:tenant>/sign-out/", views.sign_out, name="sign_out"),
]
