"""In production one module imports another by the name with its hash."""

import re
from pathlib import Path
from typing import Any, Final

import pytest

from core.web import static_files

ROOT: Final = Path(__file__).resolve().parents[4]
IMPORT: Final = re.compile(r'\bimport\s*(?:\{[^}]*\}\s*from\s*|\()?"(\./[^"]+)"')
ModuleStorage: Any = static_files.ModuleStorage  # WhiteNoise's part is untyped
HASHED: Final = re.compile(r"\./[\w-]+\.[0-9a-f]{12}\.js")


@pytest.fixture
def storage(tmp_path: Path) -> Any:
    collected = ModuleStorage(location=tmp_path, base_url="/static/")
    names = [path.relative_to(ROOT / "static").as_posix() for path in (ROOT / "static/js").glob("*.js")]
    for name in names:
        target = tmp_path / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((ROOT / "static" / name).read_bytes())
    results = list(collected.post_process({name: (collected, name) for name in names}))
    assert [result for _name, _hashed, result in results if isinstance(result, Exception)] == []
    return collected


def test_every_import_names_a_hashed_file_that_exists(storage: Any, tmp_path: Path) -> None:
    entry = tmp_path / storage.hashed_files["js/app.js"]

    imported = IMPORT.findall(entry.read_text())

    assert len(imported) >= 9
    modules = [entry, *((tmp_path / "js" / name).resolve() for name in imported)]
    named = [name for module in modules for name in IMPORT.findall(module.read_text())]
    assert [name for name in named if not HASHED.fullmatch(name)] == []
    assert [name for name in named if not (tmp_path / "js" / name).is_file()] == []


@pytest.mark.parametrize(
    "line",
    ['import "./a.js";', 'import { b, c } from "./a.js";', 'const later = () => import("./a.js");'],
)
def test_each_form_of_import_is_rewritten(tmp_path: Path, line: str) -> None:
    storage = ModuleStorage(location=tmp_path, base_url="/static/")
    (tmp_path / "js").mkdir()
    (tmp_path / "js/a.js").write_text("export const b = 1, c = 2;\n")
    (tmp_path / "js/app.js").write_text(f"{line}\n")

    list(storage.post_process({name: (storage, name) for name in ("js/a.js", "js/app.js")}))

    made = (tmp_path / storage.hashed_files["js/app.js"]).read_text()
    assert re.sub(r"\.[0-9a-f]{12}\.js", ".js", made) == f"{line}\n"
    assert made != f"{line}\n"
