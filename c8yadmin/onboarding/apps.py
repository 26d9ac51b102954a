"""The devices that want to join a tenant."""

from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    name = "c8yadmin.onboarding"
