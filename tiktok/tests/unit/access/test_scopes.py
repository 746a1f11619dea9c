"""The scopes that TikTok is asked for, and the words for them."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override

from tiktok.access.scopes import SCOPES, features_of, missing_features, requests_for
from tiktok.accounts.features import features_with_state
from tiktok.api.types import USED_SCOPES, Scope
from tiktok.models.app import default_scopes

ROOT = Path(settings.BASE_DIR)
BASE = (ROOT / "config/settings/base.py").read_text()


def test_only_used_scopes_are_requested_by_default() -> None:
    found = re.search(r'env\.words\(\s*"TIKTOK_SCOPES", "([^"]+)"\s*\)', BASE)

    assert found is not None
    assert found[1].split(",") == list(USED_SCOPES) == default_scopes()
    assert f"\nTIKTOK_SCOPES={found[1]}\n" in (ROOT / ".env.example").read_text()


def test_every_scope_has_words() -> None:
    assert SCOPES.keys() == set(Scope)


def test_docs_list_used_scopes_with_the_reason_shown_on_the_page() -> None:
    docs = (ROOT / "docs/tiktok.md").read_text()
    with override("en"):
        rows = {scope: f"| `{scope}` | {SCOPES[scope].reason} |" for scope in Scope}

    for scope in USED_SCOPES:
        assert rows[scope] in docs
    for scope in set(Scope) - set(USED_SCOPES):
        assert f"| `{scope}` |" not in docs


@pytest.mark.parametrize("scope", USED_SCOPES)
def test_readme_names_every_used_scope(scope: Scope) -> None:
    assert f"`{scope}`" in (ROOT / "README.md").read_text()


def test_unknown_scope_is_shown_as_it_is() -> None:
    assert features_of(["new.scope", Scope.VIDEO_PUBLISH]) == ["publishing", "new.scope"]
    assert missing_features(["new.scope"], []) == ["new.scope"]
    (request,) = requests_for(["new.scope"])
    assert (request.name, request.reason) == ("new.scope", "")


def test_unused_scope_is_listed_only_where_it_is_requested_or_granted() -> None:
    def shown(*, asked: list[str], granted: list[str]) -> list[str]:
        return [feature.scope for feature in features_with_state(asked, granted)]

    assert set(shown(asked=[], granted=[])) == set(USED_SCOPES)
    assert Scope.VIDEO_LIST in shown(asked=[Scope.VIDEO_LIST], granted=[])
    assert Scope.VIDEO_LIST in shown(asked=[], granted=[Scope.VIDEO_LIST])
