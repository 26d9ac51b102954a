"""/t/<tenant>/jobs/"""

from __future__ import annotations

from django.urls import URLPattern, path

from c8yadmin.jobs.pages import (
    approving,
    changing,
    confirming,
    discarding,
    files,
    ordering,
    results,
    steps,
    tempo,
    views,
)

app_name = "jobs"
urlpatterns: list[URLPattern] = [
    path("", views.browse, name="browse"),
    path("health/", views.health, name="health"),
    path("approvals/", approving.browse, name="approvals"),
    path("approvals/waiting/", approving.waiting, name="waiting"),
    path("limits/", tempo.limits, name="limits"),
    path("unconfirmed/", discarding.discard, name="unconfirmed"),
    path("new/", ordering.new, name="new"),
    path("export/", files.export, name="export"),
    path("<uuid:id>/", views.detail, name="detail"),
    path("<uuid:id>/targets/", views.targets, name="targets"),
    path("<uuid:id>/results/", results.browse, name="results"),
    path("<uuid:id>/file/", files.download, name="file"),
    path("<uuid:id>/results.csv", results.download, name="results_csv"),
    path("<uuid:id>/log/", views.log, name="log"),
    path("<uuid:id>/confirm/", confirming.confirm, name="confirm"),
    path("<uuid:id>/approve/", approving.approve, name="approve"),
    path("<uuid:id>/reject/", approving.reject, name="reject"),
    path("<uuid:id>/withdraw/", approving.withdraw, name="withdraw"),
    path("<uuid:id>/pause/", steps.pause, name="pause"),
    path("<uuid:id>/resume/", steps.resume, name="resume"),
    path("<uuid:id>/speed/", steps.speed, name="speed"),
    path("<uuid:id>/schedule/", steps.schedule, name="schedule"),
    path("<uuid:id>/change/", changing.change, name="change"),
    path("<uuid:id>/forecast/", tempo.forecast, name="forecast"),
    path("<uuid:id>/cancel/", steps.cancel, name="cancel"),
    path("<uuid:id>/retry/", steps.retry, name="retry"),
    path("<uuid:id>/again/", steps.again, name="again"),
    path("<uuid:id>/revert/", steps.revert, name="revert"),
]
