"""``python -m core.serving.healthcheck``: exit 0 while this container's web process answers; needs no settings."""

import http.client
import os
import sys
from urllib.parse import urlsplit


def main(port: int = 8000) -> int:
    """Ask under the product's own host name, which ALLOWED_HOSTS contains."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        host = urlsplit(os.environ.get("BASE_URL", "")).netloc or "127.0.0.1"
        connection.request("GET", "/healthz", headers={"Host": host})
        return 0 if connection.getresponse().status == 200 else 1
    except OSError:
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
