"""Keep the catalogues of translations: ``python scripts/messages.py update | compile | check | pseudo FOLDER``.

update: collect the messages of the code into locale/*/LC_MESSAGES/django.po (needs gettext).
compile: write django.mo beside each, which is committed, so that running Clipdesk needs no gettext.
check: say what is not collected, not translated, broken or not compiled; exit code 1 when anything is.
pseudo: write en_XA (40 % longer) and ar_XB (the same, from right to left) into FOLDER, for TRY_LOCALES.
"""

import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT: Final = Path(__file__).resolve().parent.parent
LANGUAGES: Final = ("de", "es")
IGNORED: Final = ("var/*", ".venv/*", "*/tests/*", "scripts/*", "static/*", "docs/*")
DATE: Final = re.compile(r'^"POT-Creation-Date:.*\n', re.M)
# What a translation keeps as it is.
KEPT: Final = re.compile(r"%\(\w+\)[sd]|%%|%[sd]|\{\w*\}|</?[a-z][^>]*>|&\w+;|https?://\S+")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
TAGS: Final = re.compile(r"</?[a-z][^>]*>")
NAMES: Final = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")
ACCENTED: Final = str.maketrans("aeiouyAEIOUYcnsz", "àéîöüýÀÉÎÖÜÝçñšž")
PSEUDO: Final = ("en_XA", "ar_XB")


def po_of(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def collect() -> None:
    """Bring the catalogues up to date; a message that has changed is to be translated again, not guessed at."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    from django.core.management import call_command
    from django.core.management.commands.makemessages import Command

    class Makemessages(Command):
        msgmerge_options = [*Command.msgmerge_options, "--no-fuzzy-matching"]

    options: dict[str, Any] = {"add_location": "file", "no_wrap": True, "no_obsolete": True, "verbosity": 0}
    call_command(Makemessages(), locale=list(LANGUAGES), ignore_patterns=list(IGNORED), **options)
    for language in LANGUAGES:
        po = po_of(language)
        po.write_text(DATE.sub("", po.read_text()))


def catalog_of(language: str) -> Catalog:
    with po_of(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    catalog.creation_date = EPOCH  # Babel writes the time of the run into a header otherwise
    out = BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def faults_of(language: str) -> Iterator[str]:
    """Yield what is wrong with a catalogue."""
    catalog = catalog_of(language)
    for message in catalog:
        if message.id:
            yield from (f"{language}: {fault}: {_first(message)[:70]!r}" for fault in _faults_of_message(message))
    mo = po_of(language).with_suffix(".mo")
    if not mo.exists() or mo.read_bytes() != compiled(catalog):
        yield f"{language}: django.mo is not that of django.po (make messages)"


def _faults_of_message(message: Message) -> Iterator[str]:
    ids, said = _texts(message.id), _texts(message.string)
    if not all(said) or message.fuzzy:
        yield "not translated"
        return
    for text in said:
        if not any(_names(text) == _names(source) for source in ids) and not _may_lack_count(text, ids):
            yield "other names than in English"
        if sorted(TAGS.findall(text)) != sorted(TAGS.findall(ids[-1])):
            yield "other tags than in English"


def _may_lack_count(text: str, ids: list[str]) -> bool:
    """Tell whether only the number is missing, as in "a post"."""
    return len(ids) > 1 and len(_names(ids[-1]) - _names(text)) <= 1 and _names(text) <= _names(ids[-1])


def _names(text: str) -> set[str]:
    return set(NAMES.findall(text))


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _first(message: Message) -> str:
    return _texts(message.id)[0]


def pseudo(text: str) -> str:
    """Return the text accented and about 40 % longer, with what is filled in untouched."""
    parts = re.split(f"({KEPT.pattern})", text)
    return "⟦" + "".join(part if n % 2 else _longer(part) for n, part in enumerate(parts)) + "⟧"


def _longer(text: str) -> str:
    return re.sub("[aeiouyAEIOUY]", lambda found: found[0].translate(ACCENTED) * 2, text).translate(ACCENTED)


def write_pseudo(folder: Path) -> None:
    for name in PSEUDO:
        catalog = Catalog(locale="en")
        for message in catalog_of(LANGUAGES[0]):
            if not message.id:
                continue
            texts = [text if message.context == "date format" else pseudo(text) for text in _texts(message.id)]
            catalog.add(message.id, texts[0] if isinstance(message.id, str) else texts, context=message.context)
        path = folder / name / "LC_MESSAGES" / "django.mo"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(compiled(catalog))


def check() -> list[str]:
    """Return what is wrong with the catalogues; the files stay as they are."""
    before = {language: po_of(language).read_text() for language in LANGUAGES}
    try:
        collect()
        stale = [language for language in LANGUAGES if po_of(language).read_text() != before[language]]
    finally:
        for language, text in before.items():
            po_of(language).write_text(text)
    found = [f"{language}: django.po is not that of the code (make messages)" for language in stale]
    return found + [fault for language in LANGUAGES for fault in faults_of(language)]


def main(command: str, *arguments: str) -> int:
    """Return 1 when ``check`` finds something."""
    if command == "update":
        collect()
    elif command == "compile":
        for language in LANGUAGES:
            po_of(language).with_suffix(".mo").write_bytes(compiled(catalog_of(language)))
    elif command == "pseudo":
        write_pseudo(Path(arguments[0]))
    elif command == "check":
        found = check()
        sys.stdout.writelines(f"{fault}\n" for fault in found)
        return int(bool(found))
    else:
        raise SystemExit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(*(sys.argv[1:] or ["help"])))
