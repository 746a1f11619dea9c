"""Settings of the tests: fast hashing, plain static files, a database in a file (in memory there is no WAL)."""

import os
import tempfile
from pathlib import Path

from config import env
from config.settings.base import *

_scratch = Path(tempfile.gettempdir()) / f"clipdesk-test-{Path(BASE_DIR).name}"
_scratch.mkdir(mode=0o700, exist_ok=True)
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["NAME"] = str(_scratch / "clipdesk.sqlite3")
    DATABASES["default"]["TEST"] = {"NAME": str(_scratch / "test.sqlite3")}
    # A test needs no protection from power cuts.
    DATABASES["default"]["OPTIONS"]["init_command"] = DATABASES["default"]["OPTIONS"]["init_command"].replace(
        "synchronous=FULL", "synchronous=OFF"
    )
else:
    DATABASES["default"]["OPTIONS"] = {}  # a pool would keep test databases open
MEDIA_ROOT = _scratch / f"media-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"  # emptied after each test
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PUBLISH_LEASE_S = env.number("PUBLISH_LEASE_S", 2, least=1, most=600)
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
BASE_URL = "http://testserver"
