"""Every setting, read from the environment (12-factor).

Each variable may also be given as ``NAME_FILE``, the path of a file that holds the value.
Development works with none set; ``DEBUG=false`` refuses to start with an unsafe or missing
value and says which. ``.env.example`` lists them all.
"""

from hashlib import sha256
from pathlib import Path

import dj_database_url
import dj_email_url
from csp.constants import NONE, SELF
from environs import FileAwareEnv, validate

from trunkadmin.guards import (
    refuse_mail,
    refuse_public_development,
    refuse_queue,
    refuse_unsafe,
)

BASE_DIR = Path(__file__).resolve().parent.parent

env = FileAwareEnv(strip_whitespace=True)  # a file ends with a new line
env.read_env(BASE_DIR / ".env", recurse=False)

# --- What runs here -----------------------------------------------------------------------------

DEVELOPMENT_SECRET_KEY = "development-only-secret-key"  # noqa: S105  refused when DEBUG=false
DEVELOPMENT_SEALING_KEY = "ZGV2ZWxvcG1lbnQtb25seS1zZWFsaW5nLWtleS0wMDA="
DEVELOPMENT_TOKEN_PEPPER = "1:development-only-token-pepper"  # noqa: S105

DEBUG = env.bool("DEBUG", True)
SECRET_KEY = env.str("SECRET_KEY", DEVELOPMENT_SECRET_KEY if DEBUG else "")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"] if DEBUG else [], subcast=str.strip
)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [], subcast=str.strip)
PUBLIC_URL = env.str("PUBLIC_URL", "http://127.0.0.1:8000" if DEBUG else "").rstrip("/")

# --- Secrets ------------------------------------------------------------------------------------

# The first key seals, all of them open: put a new one in front, run reseal_secrets, drop the old.
SEALING_KEYS = env.list(
    "SEALING_KEYS", [DEVELOPMENT_SEALING_KEY] if DEBUG else [], subcast=str.strip
)
# "number:secret" each; the last one signs new tokens, all of them check.
TOKEN_PEPPERS = env.list(
    "TOKEN_PEPPERS", [DEVELOPMENT_TOKEN_PEPPER] if DEBUG else [], subcast=str.strip
)

DEVELOPMENT_SECRETS = {DEVELOPMENT_SECRET_KEY, DEVELOPMENT_SEALING_KEY, DEVELOPMENT_TOKEN_PEPPER}
if DEBUG:
    refuse_public_development(
        development=DEVELOPMENT_SECRETS,
        secrets=[SECRET_KEY, *SEALING_KEYS, *TOKEN_PEPPERS],
        hosts=ALLOWED_HOSTS,
        public_url=PUBLIC_URL,
    )
else:
    refuse_unsafe(
        SECRET_KEY=SECRET_KEY,
        SEALING_KEYS=SEALING_KEYS,
        TOKEN_PEPPERS=TOKEN_PEPPERS,
        ALLOWED_HOSTS=ALLOWED_HOSTS,
        PUBLIC_URL=PUBLIC_URL,
        development=DEVELOPMENT_SECRETS,
    )

# --- Upstream -----------------------------------------------------------------------------------

UPSTREAM_ALLOWED_HOSTS: list[str] = env.list("UPSTREAM_ALLOWED_HOSTS", [], subcast=str.strip)
UPSTREAM_REQUESTS_PER_SECOND = env.float("UPSTREAM_REQUESTS_PER_SECOND", 10)
UPSTREAM_CONNECT_TIMEOUT = env.float("UPSTREAM_CONNECT_TIMEOUT", 5)
UPSTREAM_READ_TIMEOUT = env.float("UPSTREAM_READ_TIMEOUT", 20)
# How long a write without an answer may still take effect: nothing is believed absent before.
UPSTREAM_SETTLE_SECONDS = env.float("UPSTREAM_SETTLE_SECONDS", 30)
DELIVERY_RETRY_SECONDS = env.float("DELIVERY_RETRY_SECONDS", 15)
LEASE_SECONDS = env.float("LEASE_SECONDS", 45)
PULL_SECONDS = env.float("PULL_SECONDS", 300)
DID_PULL_SECONDS = env.float("DID_PULL_SECONDS", 3600)
REQUEST_LOG_DAYS = env.float("REQUEST_LOG_DAYS", 14)
API_WRITE_SECONDS = 25.0  # a synchronous write's whole budget (a promise to API clients)

# --- Django -------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "trunks",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "heroicons",
    "rest_framework",
    "rest_framework_json_api",
    "template_partials",
]

MIDDLEWARE = [
    "trunkadmin.request_ids.name_requests",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "trunkadmin.urls"
WSGI_APPLICATION = "trunkadmin.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "trunks.web.context.chrome",
            ],
        },
    }
]

DATABASES = {
    "default": dj_database_url.parse(
        env.str("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}"),
        conn_max_age=600,
        conn_health_checks=True,  # the database may have been restarted between two requests
    )
}
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    # Writers wait for each other instead of failing: with four of them Django's defaults lose
    # 31 % of transactions, these none.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Installations that share a Redis share neither cache nor queue: their ids mean other rows.
INSTALLATION = "trunkadmin-" + sha256(SECRET_KEY.encode()).hexdigest()[:8]
REDIS_URL = env.str("REDIS_URL", "")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": INSTALLATION,
        "OPTIONS": {"socket_connect_timeout": 2.0, "socket_timeout": 2.0},  # no page waits longer
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# Which worker there is: `manage.py worker` by itself, or Celery's over Redis.
TASK_QUEUE = env.str("TASK_QUEUE", "embedded")
refuse_queue(TASK_QUEUE, REDIS_URL)

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- People -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "trunks.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGIN_ATTEMPTS_PER_MINUTE = env.int("LOGIN_ATTEMPTS_PER_MINUTE", 10)
ACCOUNT_ADAPTER = "trunks.web.sign_in.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = {  # beside allauth's own, for what is not named here
    "login": f"{LOGIN_ATTEMPTS_PER_MINUTE * 3}/m/ip",
    "login_failed": f"{LOGIN_ATTEMPTS_PER_MINUTE}/m/ip,{LOGIN_ATTEMPTS_PER_MINUTE}/m/key",
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # in this session; all others end by themselves
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of a changed password or second factor
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # strangers' addresses get no mail from here
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[trunkadmin] "
REQUIRE_STAFF_MFA = env.bool("REQUIRE_STAFF_MFA", not DEBUG)
MFA_ADAPTER = "trunks.web.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "trunkadmin"
MFA_TOTP_TOLERANCE = 1  # clocks of phones run half a minute wrong

EMAIL_URL = env.str("EMAIL_URL", "console:" if DEBUG else "smtp://localhost:25")
refuse_mail(EMAIL_URL)
vars().update(dj_email_url.parse(EMAIL_URL))
EMAIL_TIMEOUT = vars()["EMAIL_TIMEOUT"] or 10  # seconds; a page that sends mail waits that long

# --- The browser's side of safety ---------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a trunk may hold thousands of DIDs, each a field
MOST_UPLOADED_BYTES = 6_000_000  # a sheet of 5 MB and its form
FILE_UPLOAD_HANDLERS = [
    "trunkadmin.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
if PUBLIC_URL.startswith("https://"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked on the loopback, without TLS
# HSTS for sub-domains and browsers' preload lists is for the owner of the domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- Programs -----------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, object] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["trunks.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["trunks.api.authentication.HasScope"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "trunks.api.negotiation.JsonApiNegotiation",
    "DEFAULT_PARSER_CLASSES": ["trunks.api.parsers.JsonApiParser"],
    "DEFAULT_RENDERER_CLASSES": ["trunks.api.renderers.JsonApiRenderer"],
    "DEFAULT_PAGINATION_CLASS": "trunks.api.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": [
        "trunks.api.filters.QueryParameterValidation",
        "trunks.api.filters.FilterBackend",
        "trunks.api.filters.OrderingFilter",
    ],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "trunks.api.schema.generator.TableSchema",
    "EXCEPTION_HANDLER": "trunks.api.exceptions.exception_handler",
    "UNAUTHENTICATED_USER": None,
}

# --- What operators ask -------------------------------------------------------------------------

# Who may read /metrics from elsewhere than this machine; nobody while it is empty.
long_enough = validate.Regexp(".{16,}|$", error="needs 16 characters or more")
METRICS_TOKEN = env.str("METRICS_TOKEN", "", validate=long_enough)

# --- Logs ---------------------------------------------------------------------------------------

LOG_FORMAT = env.str("LOG_FORMAT", "line", validate=validate.OneOf(["line", "json"]))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "trunkadmin.log_lines.LineFormatter",
            "format": "{asctime} {levelname} {name} {belongs}{message}",
            "style": "{",
        },
        "json": {"()": "trunkadmin.log_lines.ObjectFormatter"},
    },
    "filters": {"under_way": {"()": "trunkadmin.log_lines.UnderWay"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["under_way"],
        }
    },
    "loggers": {
        # Django's own configuration says nothing at all once DEBUG is false.
        "django": {"handlers": ["stderr"], "level": "INFO"},
        "celery": {"handlers": ["stderr"], "level": "WARNING"},  # each tick would be two lines
        "trunks": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "INFO")},
    },
}
