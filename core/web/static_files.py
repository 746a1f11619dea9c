"""Names of static files in production: hashed, also where one module of ours imports another."""

from __future__ import annotations

from typing import Final

from whitenoise.storage import CompressedManifestStaticFilesStorage

#: ``import "./x.js";``, ``import { a } from "./x.js";``, and ``import("./x.js")`` for what is loaded on demand.
IMPORTS: Final = (
    (r"""(?m)(?P<matched>^import\s+"(?P<url>\./[\w-]+\.js)";$)""", 'import "%(url)s";'),
    (
        r"""(?m)(?P<matched>^import (?P<names>\{[\w, ]+\}) from "(?P<url>\./[\w-]+\.js)";$)""",
        'import %(names)s from "%(url)s";',
    ),
    (r"""(?P<matched>\bimport\("(?P<url>\./[\w-]+\.js)"\))""", 'import("%(url)s")'),
)


class ModuleStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage that also rewrites the imports of static/js/.

    Django's own ``support_js_module_import_aggregation`` would search the minified files of other packages too.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", IMPORTS))
