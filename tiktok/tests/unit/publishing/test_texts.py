"""Whatever code may stand on a post, there are words for it."""

import pytest

from tiktok.api.errors import FAIL_CLASSES, RULES
from tiktok.models import AttentionReason
from tiktok.publishing.submissions import INSTANCE_BUSY, OTHER_UPLOAD
from tiktok.publishing.texts import explain, is_explained

OAUTH_ONLY = {
    "access_denied", "invalid_grant", "invalid_request", "invalid_scope", "unauthorized_client",
    "unsupported_grant_type", "unsupported_response_type", "app_version_check_failed", "publish_not_cancellable",
}  # fmt: skip
OF_THE_CLIENT = {"answer-lost", "answer-too-large", "connection-failed", "unreadable-answer", "unreadable-code"}
HOLDS = {OTHER_UPLOAD, INSTANCE_BUSY, "rate", "refresh", "upload_interrupted", "upload_refused", "bytes_missing"}
ENDS = {"init_limit", "reconnect_needed", "scope_missing", "account_disconnected"}


@pytest.mark.parametrize(
    "code", sorted({*RULES, *FAIL_CLASSES, *AttentionReason.values, *OF_THE_CLIENT, *HOLDS, *ENDS} - OAUTH_ONLY)
)
def test_every_code_has_words_of_its_own(code: str) -> None:
    assert is_explained(code)
    words = explain(code)
    assert all((words.what, words.does, words.can))


def test_an_unknown_code_is_a_refusal() -> None:
    assert "does not document" in explain("brand_new_code").what
