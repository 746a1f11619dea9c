"""Settings of a production deployment: secrets, PostgreSQL and Redis are required, cookies and HTTPS are strict."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import env
from config.settings.base import *

DEBUG = False
if env.flag("DEBUG", default=False):
    raise ImproperlyConfigured("DEBUG must be off in production.")
SECRET_KEY = env.strong_secret("SECRET_KEY")
env.required("FIELD_ENCRYPTION_KEYS")
REDIS_URL = CELERY_BROKER_URL = env.required("REDIS_URL")
env.required("BASE_URL")
if not BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("BASE_URL must start with https:// in production.")
ALLOWED_HOSTS = [str(urlsplit(BASE_URL).hostname)]  # regardless of the variable
MIDDLEWARE = [MIDDLEWARE[0], "accounts.addresses.BaseUrlHostMiddleware", *MIDDLEWARE[1:]]
DATABASE_URL = env.postgresql_url("DATABASE_URL")
for _name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL"):
    env.refuse_example_password(_name)
if env.text("MIGRATION_DATABASE_URL"):
    # The owner of the tables, for `migrate --database migration` alone; the product's own role only reads and writes.
    DATABASES["migration"] = DATABASES["default"] | env.database(
        "MIGRATION_DATABASE_URL", env.postgresql_url("MIGRATION_DATABASE_URL")
    )
    DATABASES["migration"] |= {"ENGINE": DATABASES["default"]["ENGINE"], "OPTIONS": {}}
env.required("TRUSTED_PROXY_COUNT")
TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 1, least=1, most=5)

STATIC_ROOT = BASE_DIR / "staticfiles"  # part of the image, not of the data
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
# A proxy ends TLS in front of the web server and says so; without one every request would be redirected forever.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
