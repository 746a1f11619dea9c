#!/usr/bin/env python3
"""Fetch the browser libraries of static/vendor/ and record their versions and hashes.

Run it after changing PACKAGES, scripts/icons.txt or scripts/tabler.txt: python scripts/vendor.py (needs npm).
Source-map comments are cut, since the maps are not shipped and manifest storage refuses files that name
missing ones. The icons become one sprite. Of Tabler's stylesheet, 635 kB, only the rules for elements and for the
classes of scripts/tabler.txt are kept, with the custom properties that they and static/css/ read.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from reduce_css import reduce_css

STATIC = Path(__file__).resolve().parent.parent / "static"
VENDOR = STATIC / "vendor"
SOURCE_MAP = re.compile(rb"\s*(?:/\*# sourceMappingURL=\S+ \*/|//# sourceMappingURL=\S+)\s*\Z")

#: npm package, version, licence, folder name, {file in the package: file with us}
PACKAGES: list[tuple[str, str, str, str, dict[str, str]]] = [
    (
        "@tabler/core",
        "1.6.1",
        "MIT (includes Bootstrap, MIT)",
        "tabler",
        {"dist/css/tabler.min.css": "tabler.css"},
    ),
    (
        "tus-js-client",
        "4.3.1",
        "MIT",
        "tus-js-client",
        {"dist/tus.min.js": "tus.min.js", "LICENSE": "LICENSE"},
    ),
    ("@tabler/icons", "3.51.0", "MIT", "tabler-icons", {"LICENSE": "LICENSE"}),
]

ICONS = (Path(__file__).parent / "icons.txt").read_text().split()
TABLER_CLASSES = (Path(__file__).parent / "tabler.txt").read_text().split()
CHANGED = {
    "tabler": "scripts/reduce_css.py kept the rules for elements and for the classes of scripts/tabler.txt",
    "tabler-icons": "scripts/vendor.py made one sprite of the icons of scripts/icons.txt",
}

TABLER_LICENSE = """The MIT License (MIT)

Copyright (c) 2018-2026 The Tabler Authors
Copyright (c) 2011-2026 The Bootstrap Authors (Bootstrap, included in tabler.css)

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
THE SOFTWARE.
"""


def fetch(package: str, version: str, into: Path) -> tuple[Path, str]:
    """Unpack one npm package; return its folder and npm's integrity string."""
    command = ["npm", "pack", f"{package}@{version}", "--json", "--pack-destination", str(into)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    packed = json.loads(answer)
    entry = packed[0] if isinstance(packed, list) else next(iter(packed.values()))
    target = into / package.replace("/", "-")
    with tarfile.open(into / entry["filename"]) as archive:
        archive.extractall(target, filter="data")
    return target / "package", entry["integrity"]


def sprite(icons: Path) -> bytes:
    """Return all icons as ``<symbol>``s of one file, used as sprite.svg#name."""
    symbols = []
    for name in sorted(set(ICONS)):
        svg = (icons / f"{name}.svg").read_text()
        shapes = re.sub(r"\s*\n\s*", "", svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")])
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    style = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {style}>\n{chr(10).join(symbols)}\n</svg>\n'.encode()


def used_of_tabler(stylesheet: bytes) -> bytes:
    """Return Tabler's rules that pages can match."""
    ours = "".join(path.read_text() for path in sorted((STATIC / "css").glob("*.css")))
    return reduce_css(stylesheet.decode(), TABLER_CLASSES, ours).encode()


def store(folder: Path, files: dict[str, bytes]) -> dict[str, str]:
    """Write the files; return their SHA-256 by path under static/vendor/."""
    folder.mkdir(parents=True)
    for name, body in files.items():
        (folder / name).write_bytes(body)
    return {f"{folder.name}/{name}": hashlib.sha256(body).hexdigest() for name, body in files.items()}


def main() -> None:
    listed = []
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary) / "vendor"
        for package, version, licence, name, wanted in PACKAGES:
            source, integrity = fetch(package, version, Path(temporary))
            files = {ours: SOURCE_MAP.sub(b"\n", (source / theirs).read_bytes()) for theirs, ours in wanted.items()}
            if name == "tabler":
                files["LICENSE"] = TABLER_LICENSE.encode()
                files["tabler.css"] = used_of_tabler(files["tabler.css"])
            if name == "tabler-icons":
                files["sprite.svg"] = sprite(source / "icons" / "outline")
            listed.append(
                {
                    "name": name,
                    "version": version,
                    "licence": licence,
                    "source": f"npm:{package}@{version}",
                    "integrity": integrity,
                    **({"changed": CHANGED[name]} if name in CHANGED else {}),
                    "files": store(made / f"{name}-{version}", files),
                }
            )
        (made / "vendor.json").write_text(json.dumps(listed, indent=2) + "\n")
        shutil.rmtree(VENDOR, ignore_errors=True)  # only now, when everything has been fetched
        shutil.copytree(made, VENDOR)


if __name__ == "__main__":
    main()
