"""Status checks and resends by API, and the warnings of POST /posts."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from instances.models import Instance
from instances.roles import KeyScope
from instances.scoping import instance_scope
from tiktok.models import AttentionReason, Media, Post, PostState, Quarantine, Submission, TikTokAccount
from tiktok.posts import consent as consents
from tiktok.posts.consent import Consent
from tiktok.tests.factories import make_account, make_media, make_post, make_submission
from tiktok.tests.fixtures_rest import Answer, Api, MakeApi, body_of, fields_of
from tiktok.tests.unit.posts.conftest import creator

HOURS = timedelta(hours=1)


@pytest.fixture
def clip(instance: Instance) -> Media:
    with instance_scope(instance):
        return make_media(instance)


@pytest.fixture
def doubtful(instance: Instance, clip: Media, editor: User) -> str:
    """Sent completely two hours ago; the id."""
    with instance_scope(instance):
        post = make_post(
            make_account(instance), clip, state=PostState.NEEDS_ATTENTION, privacy_level="SELF_ONLY",
            attention_reason=AttentionReason.OUTCOME_UNKNOWN,
        )  # fmt: skip
        make_submission(post, init_sent_at=timezone.now() - 2 * HOURS, commit_point_at=timezone.now() - 2 * HOURS)
        consents.keep(post, Consent(editor, creator(), "api", agreed=True))
    return str(post.pk)


def recheck(api: Api, post_id: str) -> Answer:
    return api.send("POST", f"/posts/{post_id}/recheck")


def send_again(api: Api, post_id: str, **body: object) -> Answer:
    return api.send("POST", f"/posts/{post_id}/send-again", {"confirm": True} | body)


def refused(answer: Answer) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["code"], answer.json()["state"]


def test_checking_again_may_be_asked_for_often(api: Api, doubtful: str) -> None:
    for _ in range(2):
        answer = recheck(api, doubtful)
        assert (answer.status_code, answer.json()["state"]) == (202, "needs_attention")


def test_what_has_nothing_to_ask_says_why(api: Api, doubtful: str, instance: Instance) -> None:
    with instance_scope(instance):
        Submission.objects.update(publish_id="")
    assert refused(recheck(api, doubtful)) == (409, "nothing_to_ask", "needs_attention")
    with instance_scope(instance):
        Post.objects.update(state=PostState.DUE, attention_reason="")
    assert refused(recheck(api, doubtful)) == (409, "state_conflict", "due")


def test_sending_again_needs_confirmation_and_works_once(api: Api, doubtful: str) -> None:
    answer = send_again(api, doubtful, confirm=False)
    assert (answer.status_code, fields_of(answer)) == (422, ["confirm"])
    answer = send_again(api, doubtful)
    assert (answer.status_code, answer.json()["state"]) == (202, "due")
    assert refused(send_again(api, doubtful)) == (409, "state_conflict", "due")


def test_too_early_names_the_time(api: Api, doubtful: str, instance: Instance) -> None:
    now = timezone.now()
    with instance_scope(instance):
        Submission.objects.update(init_sent_at=now)
    answer = send_again(api, doubtful)
    assert refused(answer) == (409, "too_early", "needs_attention")
    allowed_at = datetime.fromisoformat(answer.json()["allowed_at"])
    assert abs(allowed_at - now - timedelta(minutes=65)) < timedelta(seconds=1)


def test_in_quarantine_nothing_is_sent(api: Api, doubtful: str, linked: TikTokAccount, clip: Media) -> None:
    Quarantine.objects.create(since=timezone.now())
    assert refused(send_again(api, doubtful)) == (409, "quarantine", "needs_attention")
    assert api.create(body_of(linked, clip)).json()["code"] == "quarantine"
    assert api.create(body_of(linked, clip, publish_at="2027-12-24T17:00:00Z")).status_code == 201


def test_dismissed_post_is_listed_only_on_request(api: Api, doubtful: str, instance: Instance) -> None:
    with instance_scope(instance):
        Post.objects.update(dismissed_at=timezone.now())
    assert api.get("/posts").json()["items"] == []
    (listed,) = api.get("/posts", set_aside="true").json()["items"]
    assert (listed["id"], bool(listed["set_aside_at"])) == (doubtful, True)
    assert api.get(f"/posts/{doubtful}").status_code == 200


def test_a_new_post_warns_of_the_same_file(api: Api, linked: TikTokAccount, clip: Media) -> None:
    first = api.create(body_of(linked, clip))
    assert first.json()["warnings"] == []
    second = api.create(body_of(linked, clip), "again").json()
    assert [warning["code"] for warning in second["warnings"]] == ["same_file"]
    assert "already being published" in second["warnings"][0]["message"]
    assert api.create(body_of(linked, clip), "again").json() == second
    assert api.create(body_of(linked, clip, draft=True, consent=None)).json()["warnings"] == []


@pytest.mark.parametrize("act", ["recheck", "send-again"])
def test_it_needs_the_scope_the_role_and_ones_own_instance(
    make_api: MakeApi, editor: User, viewer: User, doubtful: str, other_instance: Instance, act: str
) -> None:
    path, body = f"/posts/{doubtful}/{act}", {"confirm": True} if act == "send-again" else None
    others = [scope for scope in KeyScope if scope != KeyScope.POSTS_PUBLISH]
    assert make_api(editor, *others).send("POST", path, body).status_code == 403
    assert make_api(viewer).send("POST", path, body).status_code == 403
    with instance_scope(other_instance):
        theirs = make_post(make_account(other_instance)).pk
    assert make_api(editor).send("POST", f"/posts/{theirs}/{act}", body).status_code == 404
