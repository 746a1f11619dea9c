"""Break one scope or permission check at a time in a copy of the tree; the walker must notice each.

Usage: python scripts/walker_mutants.py [NAME...]. Exit code 1 when one survives.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WALKER = "config/tests/integration/test_walker.py"


@dataclass(frozen=True)
class Mutant:
    """``old`` stands exactly once in the file and is replaced by ``new``."""

    name: str
    path: str
    old: str
    new: str

    def apply(self, tree: Path) -> None:
        file = tree / self.path
        text = file.read_text()
        if text.count(self.old) != 1:
            raise SystemExit(f"{self.name}: {self.path} holds {text.count(self.old)} times {self.old!r}")
        file.write_text(text.replace(self.old, self.new))


def unguarded(name: str, path: str, permission: str, view: str) -> Mutant:
    """A view that forgets its permission: every member gets in."""
    old = f"@require_permission(Permission.{permission})\ndef {view}("
    return Mutant(name, path, old, f"@require_permission(Permission.CONTENT_VIEW)\ndef {view}(")


MUTANTS = [
    Mutant(
        "content is not filtered by instance",
        "instances/scoping.py",
        "return ContentQuerySet(self.model, using=self._db).filter(instance=instance)",
        "return ContentQuerySet(self.model, using=self._db)",
    ),
    Mutant(
        "access ignores the tenant",
        "instances/access.py",
        "TenantMembership.objects.filter(user=user, tenant_id=instance.tenant_id)",
        "TenantMembership.objects.filter(user=user)",
    ),
    Mutant(
        "access ignores the instance",
        "instances/access.py",
        "Membership.objects.filter(user=user, instance=instance).first()\n    return Role",
        "Membership.objects.filter(user=user).first()\n    return Role",
    ),
    unguarded("anybody cancels a post", "tiktok/publishing/views.py", "POST_WRITE", "post_cancel"),
    unguarded("anybody sees the members", "instances/views/settings.py", "MEMBER_MANAGE", "settings_members"),
    unguarded("anybody disconnects an account", "tiktok/linking/views.py", "ACCOUNT_MANAGE", "account_disconnect"),
    Mutant(
        "any key cancels a post",
        "tiktok/publishing/rest.py",
        '"/posts/{post_id}/cancel",\n    response={202: PostOut},\n    auth=require_scope(KeyScope.POSTS_PUBLISH),',
        '"/posts/{post_id}/cancel",\n    response={202: PostOut},\n    auth=require_scope(KeyScope.POSTS_READ),',
    ),
    Mutant(
        "no key is needed to read a post",
        "tiktok/publishing/rest.py",
        '"/posts/{post_id}", response=PostOut, auth=require_scope(KeyScope.POSTS_READ)',
        '"/posts/{post_id}", response=PostOut, auth=None',
    ),
    Mutant(
        "a page reads past the scope",
        "tiktok/publishing/views.py",
        'get_object_or_404(Post.objects.select_related("account", "created_by"), pk=post_id)',
        'get_object_or_404(Post._base_manager.select_related("account", "created_by"), pk=post_id)',
    ),
    Mutant(
        "a key of another instance is revoked",
        "instances/views/settings.py",
        'ApiKey.objects.select_related("instance"), pk=key_id, instance=request.instance)',
        'ApiKey.objects.select_related("instance"), pk=key_id)',
    ),
]


def copy_tree(to: Path) -> None:
    """What git tracks."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if name.startswith("static/vendor/") or not (ROOT / name).is_file():
            continue
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, to / name)


def walk(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run the walker there."""
    env = {**os.environ, "DATA_DIR": str(tree / "var")}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout", "300", WALKER]
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True)


def verdict(mutant: Mutant | None) -> str:
    """Empty when the walker did what it should: red for a mutant, green without one."""
    with tempfile.TemporaryDirectory(prefix="clipdesk-mutant-") as name:
        tree = Path(name)
        copy_tree(tree)
        if mutant:
            mutant.apply(tree)
        done = walk(tree)
    if mutant is None:
        return "" if done.returncode == 0 else f"the walker fails on the tree as it is:\n{done.stdout[-3000:]}"
    # Red means failed tests (1), not a tree that cannot be collected; and what failed is a comparison of the walker's.
    is_caught = done.returncode == 1 and "AssertionError" in done.stdout
    return "" if is_caught else f"NOT caught: {mutant.name} (exit {done.returncode})\n{done.stdout[-2000:]}"


def evidence(names: Iterable[str]) -> int:
    """Print a line for each mutant; how many survived."""
    wanted = set(names)
    survived = 0
    for mutant in [None, *(mutant for mutant in MUTANTS if not wanted or mutant.name in wanted)]:
        problem = verdict(mutant)
        survived += bool(problem)
        sys.stdout.write((problem or f"caught: {mutant.name}" if mutant else problem or "green without mutants") + "\n")
        sys.stdout.flush()
    return survived


if __name__ == "__main__":
    sys.exit(1 if evidence(sys.argv[1:]) else 0)
