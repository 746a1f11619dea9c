"""The shape of the shipped code: short functions, modules that fit in the head, few doors around the scope."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from config.celery import app as celery_app
from core.jobs import registry

ROOT: Final = Path(__file__).resolve().parents[3]
APPS: Final = ("accounts", "config", "core", "instances", "tiktok")
LONGEST_MODULE: Final = 500

# Places that see every instance at once, with their reason.
UNSCOPED: Final = {
    ("instances/middleware.py", "admin"),
    ("instances/notices/digest.py", "the digest finds instances with notices to mail"),
    ("instances/notices/housekeeping.py", "housekeeping of notices"),
    ("tiktok/access/endings.py", "permissions end in every instance"),
    ("tiktok/access/grants.py", "a post under way ends with the credential that it began with, in whichever instance"),
    ("tiktok/access/grants.py", "the consent is shared by every instance that linked this TikTok user"),
    ("tiktok/access/outages.py", "a TikTok outage holds posts of every instance"),
    ("tiktok/access/quota.py", "TikTok counts a creator's posts and an app's accounts over all instances"),
    ("tiktok/access/readable.py", "a key that is back brings back the accounts of every instance"),
    ("tiktok/access/refresh.py", "tokens are shared by every instance that linked this TikTok user"),
    ("tiktok/access/status.py", "a credential is shared by every instance that linked this TikTok user"),
    ("tiktok/accounts/disconnect.py", "the sweep finds accounts that are being disconnected, in every instance"),
    ("tiktok/accounts/sharing.py", "how many other instances linked the same TikTok user"),
    ("tiktok/accounts/upkeep.py", "the nightly sync reads the profiles of every instance"),
    ("tiktok/delivery/adoption.py", "a video on a profile may be a post of any instance that shares the credential"),
    (
        "tiktok/delivery/adoption.py",
        "an unknown publish_id may belong to an attempt in any instance that shares the credential",
    ),
    ("tiktok/keys/columns.py", "secrets are counted per key over all instances"),
    ("tiktok/keys/columns.py", "whether a key of the ring reads what bears its id"),
    ("tiktok/keys/rotate.py", "secrets of all instances are encrypted anew"),
    ("tiktok/media/queries.py", "uploads of every instance take room on the same disk"),
    ("tiktok/posts/idempotency.py", "housekeeping of idempotency keys"),
    ("tiktok/posts/overview.py", "the overview of a person's instances counts accounts and posts in each"),
    ("tiktok/posts/queue.py", "the posts of a creator go one after the other over all instances"),
    ("tiktok/posts/submissions.py", "housekeeping of upload addresses"),
    ("tiktok/webhooks/posting.py", "a webhook names a publish_id of an app, whose posts are in any instance"),
}


def shipped() -> Iterator[Path]:
    """Python that runs in production: no tests, no migrations."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.relative_to(ROOT).parts):
                yield path


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in shipped():
        yield name(path), ast.parse(path.read_text(encoding="utf-8"))


def function_lengths() -> dict[str, int]:
    """Lines of every function from ``def`` to its end, by place."""
    return {
        f"{module}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for module, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def is_blanket(handler: ast.ExceptHandler) -> bool:
    """A bare except, or one that takes Exception or BaseException, alone or in a tuple."""
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"} for kind in kinds)


def calls_of(tree: ast.Module, *functions: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in functions:
            yield node


def reason_of(call: ast.Call) -> str:
    return next(str(ast.literal_eval(word.value)) for word in call.keywords if word.arg == "reason")


def test_functions_are_short() -> None:
    lengths = function_lengths()

    longest = sorted(lengths, key=lambda place: -lengths[place])[:10]
    assert median(lengths.values()) <= 8, longest
    assert quantiles(lengths.values(), n=10)[-1] <= 25, longest


def test_modules_fit_in_the_head() -> None:
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in shipped()}

    assert {module: count for module, count in lines.items() if count > LONGEST_MODULE} == {}


def test_only_the_sweepers_loop_catches_everything() -> None:
    found = [
        module
        for module, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and is_blanket(node)
    ]

    assert found == ["core/jobs/sweeper.py"]


def test_every_place_that_sees_all_instances_is_listed_with_its_reason() -> None:
    found = [(module, reason_of(call)) for module, tree in trees() for call in calls_of(tree, "unscoped")]

    assert sorted(found) == sorted(UNSCOPED)


def test_post_state_changes_only_through_transition() -> None:
    """``scope`` and ``scopes_disabled`` of django-scopes are used in scoping.py alone."""
    found = {module for module, tree in trees() for _ in calls_of(tree, "scopes_disabled", "scope")}

    assert found == {"instances/scoping.py"}


def test_no_import_hides_in_a_function() -> None:
    """``AppConfig.ready()`` alone has to import late: only then are the models known."""
    found = [
        f"{module}:{inner.lineno}"
        for module, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if not (module.endswith("/apps.py") and node.name == "ready")
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]

    assert found == []


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(r"#.*\b(?:TODO|FIXME|XXX)\b")

    assert [name(path) for path in shipped() if marks.search(path.read_text(encoding="utf-8"))] == []


def test_no_file_names_a_package_registry() -> None:
    registries = ["pypi" + ".org", "pythonhosted" + ".org", "registry.npmjs" + ".org"]
    files = [*ROOT.glob("*.txt"), *ROOT.glob("*.toml"), *ROOT.glob("*.md"), *ROOT.glob("scripts/*"), ROOT / "Makefile"]

    assert [
        file.name for file in files if any(registry in file.read_text(encoding="utf-8") for registry in registries)
    ] == []


def test_access_alone_has_tiktoks_client() -> None:
    """Every call to TikTok goes through ``tiktok.access``, so a refusal means the same everywhere."""
    found = {
        module
        for module, tree in trees()
        if not module.startswith(("tiktok/access/", "tiktok/api/"))
        for _ in calls_of(tree, "TikTokClient", "tiktok_client")
    }

    assert found == set()


def test_every_nudge_names_a_task() -> None:
    registry.load()

    named = {str(ast.literal_eval(call.args[0])) for _, tree in trees() for call in calls_of(tree, "nudge")}

    assert named == {"advance_post", "apply_delivery", "check_media"}
    assert named <= set(celery_app.tasks)


def test_no_setting_names_a_function_of_ours() -> None:
    """But Django's and allauth's own settings, which take nothing else. Apps register theirs by calls."""
    ours = re.compile(r"(?:core|accounts|instances|tiktok)(?:\.\w+)+")
    named = {
        ast.unparse(target)
        for module, tree in trees()
        if module.startswith("config/settings/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for part in ast.walk(node.value)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and ours.fullmatch(part.value)
    }

    assert named == {
        *("INSTALLED_APPS", "MIDDLEWARE", "TEMPLATES", "_database['ENGINE']", "SESSION_ENGINE", "CACHES", "LOGGING"),
        *("AUTH_USER_MODEL", "AUTHENTICATION_BACKENDS", "AUTH_PASSWORD_VALIDATORS", "MESSAGE_STORAGE", "STORAGES"),
        *("ACCOUNT_ADAPTER", "ACCOUNT_SIGNUP_FORM_CLASS", "ACCOUNT_FORMS", "ACCOUNT_USER_DISPLAY"),
        *("MFA_FORMS", "MFA_ADAPTER", "USERSESSIONS_ADAPTER", "SOCIALACCOUNT_ADAPTER"),
    }
