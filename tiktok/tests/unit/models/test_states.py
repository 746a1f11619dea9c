"""The table of states: where a post may go, by table and by property."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok.models.states import FINAL, TRANSITIONS, AttentionReason, EventCause, PostState, may_move

reasons = st.sampled_from([*AttentionReason, None])
S, A, C = PostState, AttentionReason, EventCause


@given(st.sampled_from(sorted(FINAL)), st.sampled_from(PostState), st.sampled_from(EventCause), st.booleans(), reasons)
def test_no_path_leaves_a_final_state(
    state: PostState, to: PostState, cause: EventCause, is_past_commit_point: bool, reason: AttentionReason | None
) -> None:
    assert not may_move(
        state, to, cause, is_past_commit_point=is_past_commit_point, old_reason=reason, new_reason=reason
    )


@given(st.sampled_from(PostState), st.sampled_from(EventCause), reasons, reasons)
def test_nothing_is_cancelled_past_the_commit_point_unless_certain(
    state: PostState, cause: EventCause, old: AttentionReason | None, new: AttentionReason | None
) -> None:
    if may_move(state, S.CANCELLED, cause, is_past_commit_point=True, old_reason=old, new_reason=new):
        is_certain = state == S.NEEDS_ATTENTION and old in {A.MISSED, A.OPTIONS_CHANGED, A.MEDIA_CHANGED, A.BUG}
        assert is_certain or (state, cause) == (S.PROCESSING, C.TIKTOK)


@given(st.sampled_from(PostState), st.sampled_from(EventCause), reasons)
def test_past_the_commit_point_only_doubt_needs_attention(
    state: PostState, cause: EventCause, new: AttentionReason | None
) -> None:
    if may_move(state, S.NEEDS_ATTENTION, cause, is_past_commit_point=True, new_reason=new):
        assert new in {A.OUTCOME_UNKNOWN, A.QUARANTINED}


def test_every_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(PostState)


@pytest.mark.parametrize(
    ("state", "to", "cause", "is_past_commit_point", "allowed"),
    [
        (S.UPLOADING, S.CANCELLED, C.PERSON, False, True),
        (S.UPLOADING, S.CANCELLED, C.PERSON, True, False),
        (S.UPLOADING, S.DUE, C.RULE_R2, True, True),
        (S.UPLOADING, S.DUE, C.WORKER, True, False),
        (S.UPLOADING, S.FAILED, C.WORKER, True, False),
        (S.UPLOADING, S.FAILED, C.TIKTOK, True, True),
        (S.INITING, S.CANCELLED, C.PERSON, False, False),
        (S.INITING, S.DUE, C.PERSON, False, False),
        (S.INITING, S.DUE, C.RULE_R1, False, True),
        (S.INITING, S.DUE, C.RULE_R1, True, False),
        (S.INITING, S.DUE, C.RULE_R4, True, True),
        (S.INITING, S.DUE, C.RULE_R5, True, True),
        (S.INITING, S.FAILED, C.WORKER, True, False),
        (S.UPLOADING, S.DUE, C.RULE_R5, True, False),
        (S.PROCESSING, S.DUE, C.RULE_R5, True, False),
        (S.PROCESSING, S.CANCELLED, C.TIKTOK, True, True),
        (S.PROCESSING, S.CANCELLED, C.PERSON, True, False),
        (S.PROCESSING, S.CANCELLED, C.PERSON, False, False),
        (S.UPLOADING, S.DUE, C.PERSON, False, False),
        (S.PROCESSING, S.DUE, C.PERSON, False, False),
        (S.PROCESSING, S.PUBLISHED, C.TIKTOK, True, True),
        (S.UPLOADING, S.PUBLISHED, C.TIKTOK, True, False),
        (S.UPLOADING, S.WAITING_ACCOUNT, C.WORKER, True, False),
    ],
)
def test_moves_of_the_design_table(
    state: PostState, to: PostState, cause: EventCause, is_past_commit_point: bool, allowed: bool
) -> None:
    assert may_move(state, to, cause, is_past_commit_point=is_past_commit_point) is allowed


@pytest.mark.parametrize(
    ("reason", "to", "cause", "allowed"),
    [
        (A.MISSED, S.DUE, C.PERSON, True),
        (A.MISSED, S.PUBLISHED, C.TIKTOK, False),
        (A.OUTCOME_UNKNOWN, S.PUBLISHED, C.TIKTOK, True),
        (A.OUTCOME_UNKNOWN, S.DUE, C.PERSON, False),
        (A.OUTCOME_UNKNOWN, S.DUE, C.RULE_R6, True),
        (A.OUTCOME_UNKNOWN, S.CANCELLED, C.PERSON, False),
    ],
)
def test_what_may_follow_needs_attention(
    reason: AttentionReason, to: PostState, cause: EventCause, allowed: bool
) -> None:
    assert may_move(S.NEEDS_ATTENTION, to, cause, is_past_commit_point=False, old_reason=reason) is allowed
