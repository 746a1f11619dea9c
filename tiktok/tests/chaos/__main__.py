"""``python -m tiktok.tests.chaos``; the Makefile's target ``chaos`` fills in the options."""

import sys

from tiktok.tests.chaos.lab import open_laboratory
from tiktok.tests.chaos.options import parse

if __name__ == "__main__":
    sys.exit(open_laboratory(parse(sys.argv[1:]), "tiktok.tests.chaos.run.run"))
