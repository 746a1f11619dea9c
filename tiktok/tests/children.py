"""The memory that examining a file takes."""

import subprocess
import sys
from pathlib import Path
from typing import Final

# A child's peak begins with the size of the process that starts it, so that one has to be small.
EXAMINE: Final = """
import resource, sys
from contextlib import suppress
from pathlib import Path

import django

django.setup()
from tiktok.media import probe
from tiktok.media.refusals import ContentRefused

path = Path(sys.argv[1])
with suppress(ContentRefused):
    probe.probe(path, path.with_name("peak-thumbnail"), path.with_name("peak-copy"), lambda: None)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_of_probe_kb(path: Path) -> int:
    """Examine the file once more; return the largest resident size of the child that does it, in kB (Linux)."""
    done = subprocess.run([sys.executable, "-c", EXAMINE, str(path)], check=True, capture_output=True, text=True)
    return int(done.stdout)
