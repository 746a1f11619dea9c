"""How gunicorn serves Clipdesk; who starts it adds the address and the number of processes on the command line."""

from typing import Any, Final

from gunicorn.http import message

# An address as long as browsers and proxies let through gets a page of ours that says what is wrong with it.
# gunicorn takes no more than its own constant, and answers longer ones with a bare line.
LONGEST_ADDRESS: Final = 16_384
message.MAX_REQUEST_LINE = LONGEST_ADDRESS
limit_request_line = LONGEST_ADDRESS
wsgi_app = "config.wsgi:application"
worker_class = "gthread"
threads = 16
keepalive = 5
timeout = 60
graceful_timeout = 5
# Nobody asks the control socket anything, and its path may be longer than a socket's name can be.
control_socket_disable = True
# %(U)s is the path without its query, where authorization codes travel; tokens in paths are masked by the filter.
accesslog = "-"
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(b)s %(M)sms'
logconfig_dict: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "instances.redact.RedactSecrets"}, "one_line": {"()": "instances.redact.OneLine"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["redact"]}},
    "root": {"level": "INFO", "handlers": ["console"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["console"], "propagate": False},
        "gunicorn.access": {"level": "INFO", "handlers": ["console"], "filters": ["one_line"], "propagate": False},
    },
}
