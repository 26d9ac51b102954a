"""Settings, all of them from the environment; `docs/configuration.md` lists every variable."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import environ
from cryptography.fernet import Fernet

from c8yadmin import logs
from c8yadmin.keyfile import key_from

env = environ.FileAwareEnv()

# Where templates and files for browsers are: beside this package in the project's folder, in it in a wheel.
PACKAGE = Path(__file__).resolve().parent
INSTALLED = (PACKAGE / "templates").is_dir()
BASE_DIR = PACKAGE if INSTALLED else PACKAGE.parent
DATA_DIR = Path(env.str("C8YADMIN_DATA_DIR", str((Path.cwd() if INSTALLED else BASE_DIR) / ".data")))

DEBUG = env.bool("C8YADMIN_DEBUG", False)
SECRET_KEY = env.str("C8YADMIN_SECRET_KEY", "") or key_from(DATA_DIR / "secret.key")
# Comma-separated Fernet keys: the first encrypts tenant credentials, all of them decrypt.
ENCRYPTION_KEYS: list[str] = env.list("C8YADMIN_ENCRYPTION_KEYS", default=[]) or [
    key_from(DATA_DIR / "encryption.key", lambda: Fernet.generate_key().decode())
]
ALLOWED_HOSTS: list[str] = env.list("C8YADMIN_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("C8YADMIN_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("C8YADMIN_HTTPS", False)
# Where the console stands on its host, such as "/service/c8yadmin"; what is in front of it takes that off the
# address of a request before it passes it on.
PATH_PREFIX = env.str("C8YADMIN_PATH_PREFIX", "").rstrip("/")
FORCE_SCRIPT_NAME = PATH_PREFIX or None

# JSON: [{"slug", "name", "base_url", "tenant_id", "color", "access"}]; see core.tenants.
# A running `manage.py demo` leaves its tenants here, so that other commands know them by name.
DEMO_TENANTS_FILE = DATA_DIR / "tenants.json"
TENANTS = env.json("C8YADMIN_TENANTS", default=None)
if TENANTS is None:
    TENANTS = json.loads(DEMO_TENANTS_FILE.read_text()) if DEMO_TENANTS_FILE.exists() else []
# Host patterns ("*.cumulocity.com") whose tenants may sign in without being listed.
TENANT_HOSTS: list[str] = env.list("C8YADMIN_TENANT_HOSTS", default=[])
# JSON: {"<slug>": {"user", "password"}}; see accounts.service.
SERVICE_USERS: dict[str, dict[str, str]] = env.json("C8YADMIN_SERVICE_USERS", default={})
# For how many hours a job may keep a password at most, if its owner wants that; 0: not at all.
JOB_PASSWORD_HOURS = env.int("C8YADMIN_JOB_PASSWORD_HOURS", 24)
# Which jobs need a second person's approval; see jobs.authority.rules.
APPROVAL = env.str("C8YADMIN_APPROVAL", "off")
# How long a page waits for one answer of a tenant before it says so.
TENANT_SECONDS = env.float("C8YADMIN_TENANT_SECONDS", 20)
# The factory of the requests adapter that carries every call to a tenant.
TENANT_CONNECTOR = "c8yadmin.accounts.clients.connector"

INSTALLED_APPS = [
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_structlog",
    "c8yadmin.core",
    "c8yadmin.ui",
    "c8yadmin.accounts",
    "c8yadmin.live",
    "c8yadmin.jobs",
    "c8yadmin.imports",
    "c8yadmin.inventory",
    "c8yadmin.alarms",
    "c8yadmin.operations",
    "c8yadmin.users",
    "c8yadmin.onboarding",
    "c8yadmin.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "c8yadmin.core.security.SecurityHeadersMiddleware",
    "c8yadmin.jobs.pages.healthz.middleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "c8yadmin.core.redirects.redirect_middleware",
    "django_structlog.middlewares.RequestMiddleware",
    "c8yadmin.core.failures.FailureMiddleware",
    "c8yadmin.accounts.middleware.TenantMiddleware",
]

ROOT_URLCONF = "c8yadmin.urls"
WSGI_APPLICATION = "c8yadmin.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "c8yadmin.ui.environment.environment",
            "context_processors": [
                "c8yadmin.ui.context.page_context",
                "c8yadmin.jobs.pages.context.approvals_context",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.Jinja2"

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'c8yadmin.sqlite3'}")}
# A thread keeps its connection: to open one, SQLite's too, takes a tenth of a page's time.
DATABASES["default"]["CONN_MAX_AGE"] = 60
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A health check would not notice that the file was replaced: docs/operations.md says how to restore one.
    # IMMEDIATE and WAL: with Django's defaults concurrent writers meet "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        "PRAGMA journal_size_limit=67108864;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A frozen or vanished process must not keep its locks: others would wait for as long as it exists.
    DATABASES["default"]["OPTIONS"] = {
        "options": "-c idle_in_transaction_session_timeout=15s -c lock_timeout=10s"
    } | DATABASES["default"].get("OPTIONS", {})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# `manage.py demo` leaves the address of its private Redis here, so that other commands find it.
REDIS_URL_FILE = DATA_DIR / "redis.url"
REDIS_URL = env.str("REDIS_URL", "") or (
    REDIS_URL_FILE.read_text().strip() if REDIS_URL_FILE.exists() else "redis://127.0.0.1:6379/0"
)

SESSION_ENGINE = "django.contrib.sessions.backends.db"
# Below a prefix the host is shared: neighbours get no cookie of ours, and a __Host- cookie would be for all.
SESSION_COOKIE_NAME = ("__Secure-" if PATH_PREFIX else "__Host-") * HTTPS + "c8yadmin"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = PATH_PREFIX or "/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_SECONDS = 30 * 60
SESSION_ABSOLUTE_SECONDS = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "c8yadmin.core.views.csrf_failure"
BEHIND_PROXY = env.bool("C8YADMIN_BEHIND_PROXY", False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Only a proxy that tells how a browser came makes it known who has to come again.
SECURE_SSL_REDIRECT = HTTPS and BEHIND_PROXY
SECURE_REDIRECT_EXEMPT = [rf"^{re.escape(f'{PATH_PREFIX}/healthz'[1:])}$"]  # asked without TLS by the machine
# For how long a host answers by HTTPS only is told by whoever has it for himself.
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS and not PATH_PREFIX else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
# The proxies (addresses or networks) whose X-Forwarded-For names the browser's own address.
PROXY_ADDRESSES: list[str] = env.list("C8YADMIN_PROXY_ADDRESSES", default=["127.0.0.1"])
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = ["security.W002"]  # core.security sends the header with every answer
SILENCED_SYSTEM_CHECKS += ["security.W004"] * bool(PATH_PREFIX) + ["security.W008"] * (not BEHIND_PROXY)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
# Files are imported row by row: they go to the disk, not to memory, and their rows to the database.
FILE_UPLOAD_HANDLERS = ["c8yadmin.core.uploads.OnDisk"]
UPLOADS = DATA_DIR / "uploads"
LARGEST_UPLOAD = env.int("C8YADMIN_IMPORT_MB", 64) * 1_000_000
IMPORT_DAYS = env.int("C8YADMIN_IMPORT_DAYS", 30)
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

STATIC_URL = f"{PATH_PREFIX}/static/"
STATIC_ROOT = Path(env.str("C8YADMIN_STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [] if INSTALLED else [BASE_DIR / "static"]  # a wheel holds what was collected of them
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "c8yadmin.core.packages.PackageFinder",
]
_TABLER = BASE_DIR / "node_modules/@tabler/core/dist/css"
PACKAGE_FILES = {
    f"vendor/tabler/css/{name}": _TABLER / name for name in ("tabler.min.css", "tabler.min.css.map")
}
STORAGES = {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

# The database is the queue of record (see jobs.engine): a message is a wake-up that may be lost or doubled.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)  # kombu's word for a unix socket
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True  # safe because attempts are counted in the database
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT, CELERY_TASK_TIME_LIMIT = 240, 300
CELERY_VISIBILITY_TIMEOUT = 600
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 10,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "global_keyprefix": "c8yadmin:",
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# True doubled effects when Redis restarted under running slots.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2}
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 300_000  # KiB
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "c8yadmin.jobs.execution.life:Clock"

# A dead worker's chunk is free for others after the lease, which lives from commit to commit; a slot ends
# after its time, so that many jobs share few workers.
JOBS_LEASE_SECONDS = 8.0
JOBS_SLOT_SECONDS = 8.0
JOBS_COMMIT_SECONDS = 1.0
# Jobs of which nobody says anything else end themselves at so many percent of failures, but not before so
# many targets are done.
JOBS_ABORT_PERCENT = env.float("C8YADMIN_JOBS_ABORT_PERCENT", 20.0)
JOBS_ABORT_MINIMUM = env.int("C8YADMIN_JOBS_ABORT_MINIMUM", 100)
# How many jobs of one user in a tenant may not be over, and how many targets a job may have (0: any number).
JOBS_PER_USER = env.int("C8YADMIN_JOBS_PER_USER", 20)
JOB_TARGETS = env.int("C8YADMIN_JOB_TARGETS", 0)
# How long an ended job can be reverted: then what was there before is removed.
JOBS_UNDO_DAYS = env.int("C8YADMIN_JOBS_UNDO_DAYS", 30)

# Exports: larger ones are made by jobs, as files that all web processes and workers must see.
EXPORT_DIR = Path(env.str("C8YADMIN_EXPORT_DIR", str(DATA_DIR / "exports")))
EXPORT_HOURS = env.int("C8YADMIN_EXPORT_HOURS", 24)
EXPORT_ROWS_AT_ONCE = env.int("C8YADMIN_EXPORT_ROWS_AT_ONCE", 2000)

# The stream of signals to open pages; see live.events.
LIVE_AUTHORIZE = "c8yadmin.jobs.authority.hearing.topics_for"
LIVE_PING_SECONDS = 15.0
LIVE_RECHECK_SECONDS = 60.0
LIVE_MAX_SECONDS = 600.0
LIVE_STREAMS_PER_SESSION = 3
LIVE_STREAMS = env.int("C8YADMIN_LIVE_STREAMS", 200)

# Who may read /metrics: whoever names this token. Without one the page does not exist.
METRICS_TOKEN = env.str("C8YADMIN_METRICS", "")

# One line per event, as JSON for machines or coloured words for people; see logs.
LOG_FORMAT = env.str("C8YADMIN_LOG_FORMAT", "console" if DEBUG else "json")
LOG_LEVEL = env.str("C8YADMIN_LOG_LEVEL", "INFO").upper()
LOGGING = logs.configuration(LOG_FORMAT, LOG_LEVEL)
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # what a request came to says it all
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # it believes any browser's X-Forwarded-For: core.apps does not
