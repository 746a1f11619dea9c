#!/usr/bin/env python
"""Django's command-line utility for administrative tasks; settings that refuse to start are named without traceback."""

import os
import sys

from config.refusal import refuse


def main() -> None:
    """Run administrative tasks."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(refuse(error, sys.argv))


if __name__ == "__main__":
    main()
