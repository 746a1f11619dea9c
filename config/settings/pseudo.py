"""The product with two languages more, for trying layouts: 40 % longer text, and text from right to left.

``python scripts/messages.py pseudo FOLDER`` writes their catalogues; FOLDER is ``locale`` in DATA_DIR.
"""

from config.settings.base import *

LANGUAGES = [*LANGUAGES, ("en-xa", "Longer"), ("ar-xb", "From right to left")]
LOCALE_PATHS = [*LOCALE_PATHS, DATA_DIR / "locale"]
