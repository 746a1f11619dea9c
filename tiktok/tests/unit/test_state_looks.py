"""Every state of an account and of a post is said in colour, word and icon."""

from __future__ import annotations

import pytest

from core.web.looks import look_of
from tiktok.accounts.looks import LOOKS as ACCOUNT_LOOKS
from tiktok.models.account import AccountStatus
from tiktok.models.states import PostState
from tiktok.posts.wording.looks import LOOKS as POST_LOOKS


@pytest.mark.parametrize("state", PostState)
def test_a_post_state_has_a_look_with_the_same_word(state: PostState) -> None:
    assert str(look_of(state).label) == str(state.label)


@pytest.mark.parametrize("status", AccountStatus)
def test_an_account_status_has_a_look_with_the_same_word(status: AccountStatus) -> None:
    assert str(look_of(status).label) == str(status.label)


def test_there_is_no_look_for_a_state_that_does_not_exist() -> None:
    assert set(POST_LOOKS) == {*PostState.values, "publishing", "reposted", "hidden"}
    assert set(ACCOUNT_LOOKS) == {*AccountStatus.values, "expiring", "limited", "sandbox"}
