"""``python -m tiktok.tests.hostile``; the Makefile's target ``hostile`` fills in the options."""

import sys

from tiktok.tests.chaos.lab import open_laboratory
from tiktok.tests.hostile.options import parse
from tiktok.tests.hostile.product import choose_target, variables

if __name__ == "__main__":
    options = parse(sys.argv[1:])
    target = choose_target(options)
    sys.exit(open_laboratory(options, "tiktok.tests.hostile.run.run", **variables(options, target)))
