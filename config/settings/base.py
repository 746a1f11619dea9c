"""Settings of the embedded product (``make up``, ``make demo``); production.py hardens them, test.py swaps backends."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from kombu import Queue

from config import env, zones

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = env.directory("DATA_DIR", BASE_DIR / "var")

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY") or env.stored_secret(DATA_DIR, "secret_key")
FIELD_ENCRYPTION_KEYS = env.key_ring(
    "FIELD_ENCRYPTION_KEYS", env.text("FIELD_ENCRYPTION_KEYS") or env.stored_key_ring(DATA_DIR)
)
BASE_URL = env.site("BASE_URL", "http://127.0.0.1:8000")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", f"{urlsplit(BASE_URL).hostname},127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS", BASE_URL)
TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0, least=0, most=5)

# --- Publishing ---------------------------------------------------------------------------------
SIGNUP = env.choice("SIGNUP", "invite", {"invite", "open", "closed"})
PUBLISH_LEASE_S = env.number("PUBLISH_LEASE_S", 30, least=1, most=600)
# A hold that would pass the post's time by more than this ends in needs_attention(missed).
LATE_LIMIT_S = env.number("LATE_LIMIT_S", 6 * 3600, least=60, most=7 * 24 * 3600)
API_REQUESTS_PER_MINUTE = env.number("API_REQUESTS_PER_MINUTE", 600, least=1, most=1_000_000)
QUOTA_MEDIA_BYTES = env.number("QUOTA_MEDIA_BYTES", 500 * 1024**3, least=1, most=2**60)
QUOTA_MEDIA = env.number("QUOTA_MEDIA", 10_000, least=1, most=10_000_000)
QUOTA_API_KEYS = env.number("QUOTA_API_KEYS", 50, least=1, most=100_000)
QUOTA_POSTS_WAITING = env.number("QUOTA_POSTS_WAITING", 20_000, least=1, most=10_000_000)
QUOTA_CONNECT_LINKS = env.number("QUOTA_CONNECT_LINKS", 500, least=1, most=100_000)
QUOTA_INVITATIONS = env.number("QUOTA_INVITATIONS", 200, least=1, most=100_000)
QUOTA_INSTANCES = env.number("QUOTA_INSTANCES", 200, least=1, most=100_000)
TIKTOK_API_BASE_URL = env.url("TIKTOK_API_BASE_URL", "https://open.tiktokapis.com")
TIKTOK_AUTHORIZE_URL = env.url("TIKTOK_AUTHORIZE_URL", "https://www.tiktok.com/v2/auth/authorize") + "/"
TIKTOK_CLIENT_KEY = env.text("TIKTOK_CLIENT_KEY")
TIKTOK_CLIENT_SECRET = env.text("TIKTOK_CLIENT_SECRET")
TIKTOK_REDIRECT_URI = env.text("TIKTOK_REDIRECT_URI", f"{BASE_URL}/auth/tiktok/login/callback/")
TIKTOK_SCOPES = env.words(
    "TIKTOK_SCOPES", "user.info.basic,user.info.profile,user.info.stats,video.publish,video.upload"
)
TIKTOK_SANDBOX_MODE = env.flag("TIKTOK_SANDBOX_MODE", default=False)

# --- Applications -------------------------------------------------------------------------------
INSTALLED_APPS = [
    "accounts.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "csp",
    "django_htmx",
    "ninja",
    "core",
    "accounts",
    "instances",
    "tiktok",
    "tiktok.connect.oauth",
]
MIDDLEWARE = [
    "accounts.response_headers.ResponseHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "tiktok.media.tus.TusMiddleware",
    "core.web.problems.ApiProblemMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SessionActivityMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "instances.middleware.InstanceMiddleware",
    "core.web.speculation.SpeculationMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "instances.context.rail",
                "tiktok.posts.context.tiktok",
            ]
        },
    }
]

# --- Database, sessions, cache ------------------------------------------------------------------
DATABASE_URL = env.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'clipdesk.sqlite3'}")
_database = env.database("DATABASE_URL", DATABASE_URL)
if _database["ENGINE"].endswith("sqlite3"):
    # WAL and IMMEDIATE: writers queue instead of failing. synchronous=FULL: a power cut forgets no publish_id.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;PRAGMA busy_timeout=20000;"
        ),
    }
    _database["CONN_MAX_AGE"] = None  # each thread keeps its own: opening one costs more than most statements
else:
    _database["ENGINE"] = "core.postgresql"
    _database["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 40, "timeout": 20}}
    _database["CONN_MAX_AGE"] = 0
    # A connection that died in the pool would fail the very statement that keeps a new token pair.
    _database["CONN_HEALTH_CHECKS"] = True
DATABASES = {"default": _database | {"ATOMIC_REQUESTS": False}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600  # ends an unused session
SESSION_LONGEST_S = 30 * 24 * 3600  # after the sign-in
CACHES = {"default": {"BACKEND": "accounts.limits.LimitCache"}}  # limits alone; JSON, never culled

# --- Background work ----------------------------------------------------------------------------
REDIS_URL = env.text("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_PUBLISH_RETRY = True
# A frozen or refused broker must not hold a request: one quick try more, then the sweep finds the work.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 0.5, "socket_timeout": 1, "visibility_timeout": 3600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "publish"
CELERY_TASK_QUEUES = [Queue("publish"), Queue("sync")]
# Steps at once in one process; three quarters of them may be uploads, however slow.
JOB_THREADS = env.number("JOB_THREADS", 128, least=1, most=500)
UPLOADS_PER_INSTANCE = env.number("UPLOADS_PER_INSTANCE", 8, least=1, most=500)
# Each chunk costs a round trip and a commit; one is sent again after a crash, the last one of up to twice the size.
UPLOAD_CHUNK_BYTES = env.number("UPLOAD_CHUNK_BYTES", 32_000_000, least=5 * 1024**2, most=64_000_000)
UPLOAD_SINGLE_LIMIT_BYTES = env.number("UPLOAD_SINGLE_LIMIT_BYTES", 64_000_000, least=5 * 1024**2, most=64_000_000)

# --- The doctor ---------------------------------------------------------------------------------
ENVIRONMENT_NAMES = env.names
# Names of the same variables in other programs.
ENVIRONMENT_MISTAKES = {
    "TIKTOK_CLIENT_ID": "TIKTOK_CLIENT_KEY",
    "TIKTOK_APP_ID": "TIKTOK_CLIENT_KEY",
    "TIKTOK_APP_KEY": "TIKTOK_CLIENT_KEY",
    "TIKTOK_API_KEY": "TIKTOK_CLIENT_KEY",
    "TIKTOK_KEY": "TIKTOK_CLIENT_KEY",
    "TIKTOK_SECRET": "TIKTOK_CLIENT_SECRET",
    "TIKTOK_APP_SECRET": "TIKTOK_CLIENT_SECRET",
    "TIKTOK_API_SECRET": "TIKTOK_CLIENT_SECRET",
    "TIKTOK_SECRET_KEY": "TIKTOK_CLIENT_SECRET",
    "TIKTOK_REDIRECT_URL": "TIKTOK_REDIRECT_URI",
    "TIKTOK_CALLBACK_URL": "TIKTOK_REDIRECT_URI",
    "TIKTOK_CALLBACK_URI": "TIKTOK_REDIRECT_URI",
    "TIKTOK_SCOPE": "TIKTOK_SCOPES",
    "TIKTOK_SANDBOX": "TIKTOK_SANDBOX_MODE",
}

# --- People -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backend.SignInBackend"]  # one, since each would hash the password
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.LengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "accounts.passwords.PredictableValidator"},
    *(
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator")
    ),
]
EMAIL_URL = env.text("EMAIL_URL")
if EMAIL_URL:
    vars().update(env.mail("EMAIL_URL", EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_TIMEOUT = 10
OPERATOR_NAME = env.text("OPERATOR_NAME")  # named on the privacy and terms pages
OPERATOR_EMAIL = env.text("OPERATOR_EMAIL")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Clipdesk <clipdesk@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

LOGIN_URL = "/auth/login/"
LOGIN_REDIRECT_URL = "/instances/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "instances.adapter.InstanceAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "instances.forms.SignupExtras"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "change_password": "accounts.forms.PasswordChangeForm",
    "reset_password_from_key": "accounts.forms.PasswordResetForm",
}
ACCOUNT_USER_DISPLAY = "accounts.names.login_of"  # goes into mail to addresses that strangers type
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if EMAIL_URL else "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a changed password or address, two-factor on or off
ACCOUNT_RATE_LIMITS = {"connect_link": "30/m/ip"}  # beside allauth's own
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(BASE_URL).scheme
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Clipdesk"
MFA_FORMS = {"authenticate": "accounts.forms.CodeForm", "reauthenticate": "accounts.forms.CodeAgainForm"}
MFA_ADAPTER = "accounts.mfa.EncryptingMFAAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = not EMAIL_URL  # without email no address is ever confirmed
USERSESSIONS_TRACK_ACTIVITY = True
USERSESSIONS_ADAPTER = "accounts.session_ends.SessionsAdapter"
SOCIALACCOUNT_ADAPTER = "tiktok.connect.oauth.adapter.LinkingAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_ONLY = False

# --- Security headers ---------------------------------------------------------------------------
_authorize = urlsplit(TIKTOK_AUTHORIZE_URL)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF, f"{_authorize.scheme}://{_authorize.netloc}"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = BASE_URL.startswith("https")
# Browsers take a cookie of this prefix only by https, for this host alone and for all of it.
COOKIE_PREFIX = "__Host-" if BASE_URL.startswith("https") else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
LAST_INSTANCE_COOKIE_NAME = f"{COOKIE_PREFIX}instance"  # a slug: whose frame the pages about a person keep
MESSAGE_STORAGE = "accounts.message_storage.PrefixedStorage"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

# --- Language, files, logs ----------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("es", "Español")]  # each in its own words
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "UTC"
ZONE_DATA = zones.use_newest()
DEFAULT_INSTANCE_TIME_ZONE = env.time_zone("TIME_ZONE", "UTC", ZONE_DATA.names)
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(DATA_DIR / "media"))).resolve()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "core.web.static_files.ModuleStorage"},
}
# Forms drop large files unread; the media form, once it knows who asks, streams to MEDIA_ROOT instead.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "core.web.redact.RedactSecrets"}, "one_line": {"()": "core.web.redact.OneLine"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["redact"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        # Paths without their query, where authorization codes travel; tokens in paths are masked.
        "clipdesk.access": {"handlers": ["console"], "filters": ["one_line"], "propagate": False},
        "uvicorn.error": {"level": "ERROR"},
    },
}
VERSION = "0.1.0"
