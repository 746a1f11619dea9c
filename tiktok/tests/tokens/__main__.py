"""``python -m tiktok.tests.tokens storm|kills``; the Makefile's targets fill in the options."""

import sys

from tiktok.tests.chaos.lab import open_laboratory
from tiktok.tests.tokens.options import StormOptions, parse

if __name__ == "__main__":
    options = parse(sys.argv[1:])
    name = "storm" if isinstance(options, StormOptions) else "kills"
    sys.exit(open_laboratory(options, f"tiktok.tests.tokens.{name}.run"))
