import pytest
import responses

from tiktok.api import errors
from tiktok.api.client import TikTokClient
from tiktok.api.content_posting import fetch_status
from tiktok.api.errors import ErrorKind, FailClass, TikTokError, classify_fail_reason
from tiktok.api.limits import Endpoint
from tiktok.api.secret import Secret
from tiktok.api.types import FAIL_REASONS

STATUS_URL = f"https://open.tiktokapis.com{Endpoint.STATUS_FETCH}"
DAY = 86400

# HTTP status, code -> class, kind, may the same call be made again, least wait
ENVELOPE_CODES = [
    (401, "access_token_invalid", errors.AccessTokenInvalid, ErrorKind.AUTH, False, None),
    (401, "scope_not_authorized", errors.ScopeNotAuthorized, ErrorKind.SCOPE, False, None),
    (400, "scope_permission_missed", errors.ScopeNotAuthorized, ErrorKind.SCOPE, False, None),
    (400, "invalid_params", errors.InvalidInput, ErrorKind.INPUT, False, None),
    (400, "invalid_param", errors.InvalidInput, ErrorKind.INPUT, False, None),
    (400, "invalid_file_upload", errors.InvalidInput, ErrorKind.INPUT, False, None),
    (429, "rate_limit_exceeded", errors.RateLimited, ErrorKind.RATE, True, 60),
    (500, "internal_error", errors.TikTokUnavailable, ErrorKind.SERVER, True, None),
    (200, "internal_error", errors.TikTokUnavailable, ErrorKind.SERVER, True, None),
    (200, "spam_risk_too_many_posts", errors.QuotaReached, ErrorKind.QUOTA, False, DAY),
    (403, "spam_risk_too_many_posts", errors.QuotaReached, ErrorKind.QUOTA, False, DAY),
    (200, "spam_risk_user_banned_from_posting", errors.PolicyRefused, ErrorKind.POLICY, False, None),
    (403, "spam_risk_user_banned_from_posting", errors.PolicyRefused, ErrorKind.POLICY, False, None),
    (200, "reached_active_user_cap", errors.QuotaReached, ErrorKind.QUOTA, False, DAY),
    (403, "reached_active_user_cap", errors.QuotaReached, ErrorKind.QUOTA, False, DAY),
    (
        403,
        "unaudited_client_can_only_post_to_private_accounts",
        errors.PolicyRefused,
        ErrorKind.POLICY,
        False,
        None,
    ),
    (403, "url_ownership_unverified", errors.OperatorFault, ErrorKind.OPERATOR, False, None),
    (403, "privacy_level_option_mismatch", errors.InvalidInput, ErrorKind.INPUT, False, None),
    (403, "spam_risk_too_many_pending_share", errors.QuotaReached, ErrorKind.QUOTA, False, DAY),
    (400, "app_version_check_failed", errors.InvalidInput, ErrorKind.INPUT, False, None),
    (403, "spam_risk", errors.PolicyRefused, ErrorKind.POLICY, False, None),
    (403, "spam_risk_text", errors.PolicyRefused, ErrorKind.POLICY, False, None),
    (400, "invalid_publish_id", errors.PublishIdUnknown, ErrorKind.OPERATOR, False, None),
    (
        400,
        "token_not_authorized_for_specified_publish_id",
        errors.PublishIdUnknown,
        ErrorKind.OPERATOR,
        False,
        None,
    ),
    (400, "publish_not_cancellable", errors.InvalidInput, ErrorKind.INPUT, False, None),
    # nowhere documented: a refusal that is not repeated, a fault that may be
    (400, "brand_new_code", errors.UnknownRefusal, ErrorKind.POLICY, False, None),
    (200, "brand_new_code", errors.UnknownRefusal, ErrorKind.POLICY, False, None),
    (503, "brand_new_code", errors.TikTokUnavailable, ErrorKind.SERVER, True, None),
]


@pytest.mark.parametrize(("status", "code", "error", "kind", "may_repeat", "hold_s"), ENVELOPE_CODES)
def test_every_documented_code_has_its_class(
    mocked: responses.RequestsMock,
    client: TikTokClient,
    access_token: Secret,
    status: int,
    code: str,
    error: type[TikTokError],
    kind: ErrorKind,
    may_repeat: bool,
    hold_s: int | None,
) -> None:
    body = {"data": {}, "error": {"code": code, "message": "Said so", "log_id": "2026X"}}
    mocked.post(STATUS_URL, json=body, status=status)

    with pytest.raises(TikTokError) as raised:
        fetch_status(client, access_token=access_token, publish_id="v_pub_file~1")

    fault = raised.value
    assert type(fault) is error
    assert (fault.code, fault.http_status, fault.log_id) == (code, status, "2026X")
    assert (fault.kind, fault.may_repeat, fault.hold_s) == (kind, may_repeat, hold_s)


def test_table_of_codes_is_tested_whole() -> None:
    oauth = {
        "access_denied",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
        "server_error",
        "temporarily_unavailable",
    }
    assert {row[1] for row in ENVELOPE_CODES} | oauth == {*errors.RULES, "brand_new_code"}


FAIL_ROWS = [
    ("file_format_check_failed", ErrorKind.INPUT, False),
    ("duration_check_failed", ErrorKind.INPUT, False),
    ("frame_rate_check_failed", ErrorKind.INPUT, False),
    ("picture_size_check_failed", ErrorKind.INPUT, False),
    ("internal", ErrorKind.SERVER, True),
    ("video_pull_failed", ErrorKind.SERVER, True),
    ("photo_pull_failed", ErrorKind.SERVER, True),
    ("publish_cancelled", ErrorKind.INPUT, False),
    ("auth_removed", ErrorKind.AUTH, False),
    ("spam_risk_too_many_posts", ErrorKind.QUOTA, True),
    ("spam_risk_user_banned_from_posting", ErrorKind.POLICY, False),
    ("spam_risk_text", ErrorKind.POLICY, False),
    ("spam_risk", ErrorKind.POLICY, False),
]


@pytest.mark.parametrize(("reason", "kind", "allowed"), FAIL_ROWS)
def test_every_fail_reason_has_its_class(reason: str, kind: ErrorKind, allowed: bool) -> None:
    assert classify_fail_reason(reason) == FailClass(kind, new_init_allowed=allowed)


def test_table_of_fail_reasons_is_whole() -> None:
    assert {row[0] for row in FAIL_ROWS} == set(FAIL_REASONS) == set(errors.FAIL_CLASSES)


@pytest.mark.parametrize("reason", ["brand_new_check_failed", ""])
def test_unknown_fail_reason_is_not_sent_again(reason: str) -> None:
    assert classify_fail_reason(reason) == FailClass(ErrorKind.POLICY, new_init_allowed=False)


def test_error_names_code_status_and_log_id_and_not_tiktoks_text() -> None:
    error = errors.RateLimited("rate_limit_exceeded", message="free text", log_id="2026X", http_status=429)
    assert str(error) == "rate_limit_exceeded (HTTP 429, log_id 2026X)"
    assert repr(error) == "RateLimited('rate_limit_exceeded')"
    assert str(errors.ConnectionFailed("connection-failed")) == "connection-failed (no answer)"
