"""Settings of an installation, all read from the environment; ``docs/install.md`` lists them.

A file ``.env`` beside ``manage.py`` is read too; what the environment says wins.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.secret import embedded_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(env.str("ENV_FILE", str(BASE_DIR / ".env")))
# Everything that an embedded installation writes: database, mail, queue, secret key.
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

# --- The organisation -----------------------------------------------------------------------
ORGANISATION_NAME = env.str("ORGANISATION_NAME", "Your company")
ORGANISATION_TIME_ZONE = env.str("ORGANISATION_TIME_ZONE", "UTC")
REPORTING_CURRENCY = env.str("REPORTING_CURRENCY", "USD").upper()
PRIVACY_URL = env.str("PRIVACY_URL", "")
REPLY_TO = env.str("REPLY_TO", "")
# Months since the start of the unbroken span at which the early stage ends and the late begins.
LIFE_STAGE_MONTHS = (env.int("LIFE_STAGE_EARLY_UNTIL", 3), env.int("LIFE_STAGE_LATE_FROM", 12))

# --- Surveys ----------------------------------------------------------------------------------
BASE_URL = env.str("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
INVITATION_DELAY_MINUTES = env.int("INVITATION_DELAY_MINUTES", 60)
INVITATION_EXPIRES_DAYS = env.int("INVITATION_EXPIRES_DAYS", 30)
# Promise: whatever its source, nothing older than this is ever mailed.
INVITATION_MAX_AGE_DAYS = env.int("INVITATION_MAX_AGE_DAYS", 14)
# Days in which an address that was sent a survey is not sent another one; 0: none.
INVITATION_QUIET_DAYS = env.int("INVITATION_QUIET_DAYS", 30)
# A key that leaked, or a file imported twice, must not become a mail bomb.
INVITATION_MAX_PER_ADDRESS_PER_DAY = env.int(
    "INVITATION_MAX_PER_ADDRESS_PER_DAY",
    env.int("API_MAX_INVITATIONS_PER_ADDRESS_PER_DAY", 3),  # as it was called once
)
INTENT_SAVED_AFTER_DAYS = env.int("INTENT_SAVED_AFTER_DAYS", 30)
RESPONSE_EDITABLE_HOURS = env.int("RESPONSE_EDITABLE_HOURS", 24)
# Sites that a cancellation survey may lead back to, and that may show it in a frame.
SURVEY_RETURN_ORIGINS = env.list("SURVEY_RETURN_ORIGINS", default=[])
# What the vendor's server signs a return address with; several while one is being replaced.
SURVEY_RETURN_SECRETS = env.list("SURVEY_RETURN_SECRETS", default=[])

# --- Billing systems --------------------------------------------------------------------------
# Several secrets may be valid at once while one is being rotated. Unset: the address answers 404.
STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRETS", default=[])
# Events of Stripe's test mode mark their customers as test customers, which never count.
STRIPE_TEST_MODE_COUNTS = env.bool("STRIPE_TEST_MODE_COUNTS", False)
WEBHOOK_TOLERANCE_SECONDS = env.int("WEBHOOK_TOLERANCE_SECONDS", 300)

# --- Django -----------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", False)
# Unset, an embedded installation makes its own; several machines must share one, so there a
# system check asks for it (config.E005).
SECRET_KEY_IS_EMBEDDED = "SECRET_KEY" not in env.ENVIRON
SECRET_KEY = embedded_secret_key(VAR_DIR) if SECRET_KEY_IS_EMBEDDED else env.str("SECRET_KEY")
if not SECRET_KEY.strip():
    raise ImproperlyConfigured("SECRET_KEY is empty: set it to 50 or more random characters.")
# Addresses that must not be written to are kept as a keyed digest, which outlives erasure.
ADDRESS_DIGEST_KEY = env.str("ADDRESS_DIGEST_KEY", SECRET_KEY)
HTTPS = urlsplit(BASE_URL).scheme == "https"
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[urlsplit(BASE_URL).hostname or "", "127.0.0.1", "localhost"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[BASE_URL] if HTTPS else [])

INSTALLED_APPS = [
    "config.apps.WhyleftConfig",
    "analytics.apps.AnalyticsConfig",
    "reasons.apps.ReasonsConfig",
    "surveys.apps.SurveysConfig",
    "config.apps.WhyleftAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "axes",
    "anymail",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.PolicyMiddleware",
    "config.middleware.AccountSessionMiddleware",
    "config.middleware.RespondentLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.AccountMiddleware",
    "config.middleware.AccountMessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database ---------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", f"sqlite:///{VAR_DIR / 'whyleft.sqlite3'}")}
DATABASE = DATABASES["default"]
DATABASE["ATOMIC_REQUESTS"] = False
if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    # Measured with eight writers: no lock errors, where Django's defaults gave 359 in 1,200.
    DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASE["CONN_HEALTH_CHECKS"] = True
# Opening a connection costs more than most answers, on SQLite as well.
DATABASE["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", 60)

# --- Who may come in --------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.5  # hours
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]

# --- Languages and time -----------------------------------------------------------------------
LANGUAGE_CODE = "en"
# What respondents read is complete in each of them: ``manage.py translations --check``.
LANGUAGES = [
    ("en", "English"),
    ("zh-hans", "Simplified Chinese"),
    ("zh-hant", "Traditional Chinese"),
    ("ja", "Japanese"),
    ("ko", "Korean"),
    ("es", "Spanish"),
    ("pt", "Portuguese"),
    ("fr", "French"),
    ("de", "German"),
    ("it", "Italian"),
    ("ru", "Russian"),
    ("ar", "Arabic"),
]
TIME_ZONE = ORGANISATION_TIME_ZONE
USE_TZ = True

# --- Files ------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# --- Mail: into a folder unless a server or a provider is named --------------------------------
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "surveys@example.com")
# Mails that go out in an hour, invitations and reminders; 0: as many as there are.
MAIL_MAX_PER_HOUR = env.int("MAIL_MAX_PER_HOUR", 0)
# Whatever django-anymail reads for a provider: ANYMAIL_POSTMARK_SERVER_TOKEN and the like.
ANYMAIL = {
    name.removeprefix("ANYMAIL_"): value
    for name, value in env.ENVIRON.items()
    if name.startswith("ANYMAIL_")
}
# "user:password", several while one is being rotated. Unset: the addresses answer 404.
ANYMAIL["WEBHOOK_SECRET"] = env.list("ANYMAIL_WEBHOOK_SECRET", default=[])
MAIL_PROVIDER = env.str("MAIL_PROVIDER", "")
if MAIL_PROVIDER:
    EMAIL_BACKEND = f"anymail.backends.{MAIL_PROVIDER}.EmailBackend"
elif env.str("EMAIL_URL", ""):
    vars().update(env.email_url("EMAIL_URL"))
    EMAIL_TIMEOUT = 20
else:
    EMAIL_BACKEND = "surveys.delivery.folder.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"

# --- Celery: a folder unless a broker is named ------------------------------------------------
CELERY_BROKER_URL = env.str("BROKER_URL", "folder://localhost/")
if CELERY_BROKER_URL.startswith("folder:"):
    BROKER_DIR = VAR_DIR / "broker"
    for folder in ("queue", "control"):
        (BROKER_DIR / folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
        "store_processed": False,
        "polling_interval": 0.2,  # seconds; a look at an empty folder costs next to nothing
    }
elif CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 5}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
TICK_SECONDS = env.float("TICK_SECONDS", 5.0)
# A tick that waited longer than its interval is worthless: the next one does its work.
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS}}
    for name, task in {
        "send due invitations": "surveys.tasks.send_due",
        "settle due losses": "surveys.tasks.settle_due",
        "classify what is unread": "reasons.tasks.classify_unread",
        "bring counts up to date": "analytics.tasks.refresh_counts",
    }.items()
}
# It looks at all that went out in the last two weeks, for what is due in days: now and then.
CELERY_BEAT_SCHEDULE["plan reminders"] = {
    "task": "surveys.tasks.plan_reminders",
    "schedule": 12 * TICK_SECONDS,
    "options": {"expires": 12 * TICK_SECONDS},
}
CELERY_BEAT_SCHEDULE["drop old payloads"] = {
    "task": "surveys.tasks.purge_payloads",
    "schedule": 3600.0,
    "options": {"expires": 3600.0},
}

# --- API --------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["surveys.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "rest_framework.views.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Whyleft API",
    "DESCRIPTION": "Tell Whyleft who is leaving; get back the address of their survey.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Without it the page asks a validator on the internet for a badge.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
}

# --- Security ---------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = HTTPS and env.bool("SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies of ours add to X-Forwarded-For; what stands before their entries is not believed.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 1 if BEHIND_PROXY else 0)
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "frame-src": [SELF],
        "manifest-src": [SELF],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "config.logs.RedactingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
}
