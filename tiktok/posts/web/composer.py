"""The composer: an account, fresh creator info, a form, and one service for what the person wants."""

from typing import Any, Final, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.jobs.clock import read_db_now
from core.jobs.nudge import nudge
from core.web.refusals import FieldError, UserRefusal, add_refusal
from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.access import quota
from tiktok.accounts.selection import parse_id, selected_account_id
from tiktok.api.types import CreatorInfo
from tiktok.models import Post, PostState, TikTokAccount
from tiktok.posts import queries, same_file, schedule, services
from tiktok.posts.consent import BRANDED_POLICY_URL, MUSIC_USAGE_URL, Consent
from tiktok.posts.creator import CreatorInfoUnavailable, fetch_creator_info, last_offer, refuse_under_cap
from tiktok.posts.idempotency import Idempotency, find_replay
from tiktok.posts.rules import OptionsRefused
from tiktok.posts.schedule import NO_PLAN, TimeRefused, When
from tiktok.posts.web.forms import PostForm, initial_from, stored_plan_of
from tiktok.posts.web.views import can_be_edited

NOT_CONTENT: Final = frozenset({"submit_key", "repeat_ok"})
# What the form calls a field otherwise, and fields that it does not have.
FORM_FIELDS: Final = {"cover_timestamp_ms": "cover_s", "timezone": "publish_at", "account": None, "consent": None}


@require_http_methods(["GET", "POST"])
@require_permission(Permission.POST_WRITE)
def post_new(request: InstanceRequest) -> HttpResponse:
    """Write a post. Sending the same form twice makes one post (its hidden key)."""
    accounts = list(queries.usable_accounts())
    account = _written_for(request) or _account_for(request, accounts)
    if account and account not in accounts:
        accounts.append(account)
    return _compose(request, account, accounts, post=None)


@require_http_methods(["GET", "POST"])
@require_permission(Permission.POST_WRITE)
def post_edit(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """Go on with a draft, or change a post that waits; what waits becomes a draft when it is saved."""
    post = get_object_or_404(Post.objects.select_related("account__credential__app"), pk=post_id)
    if request.method == "GET" and not can_be_edited(post):
        messages.error(request, _("This post can no longer be edited."))
        return redirect("tiktok:post-detail", request.instance.slug, post.pk)
    return _compose(request, post.account, [post.account], post=post)


def _written_for(request: InstanceRequest) -> TikTokAccount | None:
    """The account a sent form names, also one that has just stopped working: what was typed stays with it."""
    named = request.POST.get("other") or request.POST.get("to") or request.GET.get("to", "")
    wanted = parse_id(named) if request.method == "POST" else None
    return TikTokAccount.objects.select_related("credential__app").filter(pk=wanted).first() if wanted else None


def _account_for(request: InstanceRequest, accounts: list[TikTokAccount]) -> TikTokAccount | None:
    """The one in the address (``to``: it does not change what the person looks at), else the one looked at."""
    wanted = parse_id(request.GET.get("to", "")) or selected_account_id(request)
    only = accounts[0] if len(accounts) == 1 else None
    return next((account for account in accounts if account.pk == wanted), only)


def _compose(
    request: InstanceRequest, account: TikTokAccount | None, accounts: list[TikTokAccount], *, post: Post | None
) -> HttpResponse:
    context: dict[str, Any] = {"accounts": accounts, "account": account, "post": post}
    if account is None:
        return _page(request, context)
    answer = _ask(account)
    context |= answer._asdict()
    if answer.refusal and request.method == "GET":
        return _page(request, context)
    initial = initial_from(post) if post else {"media": request.GET.get("media")}
    if answer.cap:
        initial["when"] = "later"
    plan = stored_plan_of(post) if post else NO_PLAN
    zone = plan.zone or request.instance.zone.key
    form = PostForm(_sent(request), initial=initial, creator=answer.creator, zone=zone, stored_plan=plan)
    if "other" in request.POST:
        form.errors.clear()  # half-written is no mistake yet
    if _is_decided(request) and form.is_valid():
        done = _save(request, form, account, answer, post)
        if done is not None:
            return redirect("tiktok:post-detail", request.instance.slug, done.pk)
    return _page(request, context | {"form": form, "usage": quota.usage_of(account.credential)})


class _Answer(NamedTuple):
    """What TikTok offers, or why that is not known now; ``cap``: it judges the posts of today only."""

    creator: CreatorInfo | None
    refusal: CreatorInfoUnavailable | None = None
    cap: CreatorInfoUnavailable | None = None


def _ask(account: TikTokAccount) -> _Answer:
    try:
        return _Answer(fetch_creator_info(account))
    except CreatorInfoUnavailable as refusal:
        return _Answer(last_offer(account), cap=refusal) if refusal.is_cap else _Answer(None, refusal)


def _is_decided(request: InstanceRequest) -> bool:
    """Whether something is to be saved; otherwise the same form is shown again, with a new offer."""
    looks = bool({"use_time", "other"} & request.POST.keys()) or request.POST.get("action") == "look"
    return request.method == "POST" and not looks


def _sent(request: InstanceRequest) -> QueryDict | None:
    """What was sent; with the time that was offered instead of one that the clocks skip, where it was taken.

    For another account (``other``) without what was said about the first one: who may see it, and that it may repeat.
    """
    data = request.POST.copy()
    if offered := request.POST.get("use_time"):
        data["publish_at"], data["when"] = offered, "later"
    if "other" in request.POST:
        data["privacy_level"] = ""
        data.pop("repeat_ok", None)
    return data or None


def _page(request: InstanceRequest, context: dict[str, Any]) -> HttpResponse:
    form: PostForm | None = context.get("form")
    context |= {
        "can_publish": request.membership.can(Permission.POST_PUBLISH),
        "music_url": MUSIC_USAGE_URL,
        "branded_url": BRANDED_POLICY_URL,
        "media_list": queries.recent_media(_chosen_media(form)) if form else [],
    }
    return render(request, "tiktok/posts/post_form.html", context)


def _chosen_media(form: PostForm) -> UUID | None:
    return parse_id(str(form["media"].value() or ""))


def _save(
    request: InstanceRequest, form: PostForm, account: TikTokAccount, answer: _Answer, post: Post | None
) -> Post | None:
    """Do what the button says; None when it is refused, with the errors in the form or without a creator."""
    try:
        if request.POST.get("action") != "publish":
            return _save_draft(request, form, account, post)
        if not request.membership.can(Permission.POST_PUBLISH):
            form.add_error(None, _("You may write drafts, not publish."))
        elif answer.creator:
            consent = Consent(user=request.user, creator_info=answer.creator, channel="web", agreed=True)
            return _send(request, form, account, consent, post, cap=answer.cap)
    except CreatorInfoUnavailable as error:
        form.add_error("publish_at" if form.wants_time else "when", error.user_message)
    except UserRefusal as error:
        add_refusal(form, error, FORM_FIELDS)
        form.next_valid = error.next_valid if isinstance(error, TimeRefused) else None
    return None


def _save_draft(request: InstanceRequest, form: PostForm, account: TikTokAccount, post: Post | None) -> Post:
    if post is None:
        draft, _replayed = services.create_post(**_content(request, form, account), plan=form.plan())
        messages.success(request, _("The draft is saved."))
        return draft
    was_planned = post.state == PostState.SCHEDULED
    _edit(request, form, post)
    saved = _("The draft is saved. It is no longer scheduled.") if was_planned else _("The draft is saved.")
    messages.success(request, saved)
    return post


def _send(
    request: InstanceRequest,
    form: PostForm,
    account: TikTokAccount,
    consent: Consent,
    post: Post | None,
    *,
    cap: CreatorInfoUnavailable | None,
) -> Post:
    when = _when(form)
    is_replay = post is None and find_replay(_content(request, form, account)["idempotency"])
    if cap and not is_replay:
        refuse_under_cap(cap, when.at if when else None)
    if not is_replay:
        _refuse_repeat(form, account, when, post)
    if post is None:
        post, _replayed = services.submit_post(**_content(request, form, account), consent=consent, when=when)
    else:
        _edit(request, form, post, services.Sending(consent, when))
    nudge("advance_post", post.pk)
    _say_sent(request, when)
    return post


def _refuse_repeat(form: PostForm, account: TikTokAccount, when: When | None, post: Post | None) -> None:
    """Raise OptionsRefused for the same file within a day, unless the person has ticked that it is meant."""
    if form.cleaned_data["repeat_ok"]:
        return
    at = when.at if when else read_db_now()
    found = same_file.warning(account, form.cleaned_data["media"], at, besides=post.pk if post else None)
    if found:
        raise OptionsRefused([FieldError("repeat_ok", found.code, found.message)])


def _say_sent(request: InstanceRequest, when: When | None) -> None:
    if when is None:
        messages.success(request, _("The post is on its way."))
    else:
        messages.success(request, " ".join(filter(None, [_("The post is scheduled."), when.note])))


def _when(form: PostForm) -> When | None:
    if not form.wants_time:
        return None
    return schedule.from_plan(form.plan())


def _edit(request: InstanceRequest, form: PostForm, post: Post, sending: services.Sending | None = None) -> None:
    revision = services.Revision(form.options(), form.cleaned_data["media"], form.plan())
    seen: str = form.cleaned_data["seen"]
    services.edit_post(post, revise=lambda _now: revision, actor=request.user, seen=seen, sending=sending)


def _content(request: InstanceRequest, form: PostForm, account: TikTokAccount) -> dict[str, Any]:
    """What makes the post; the form's hidden key with the account is its idempotency key."""
    body = {name: str(value) for name, value in form.cleaned_data.items() if name not in NOT_CONTENT}
    body["media"] = str(form.cleaned_data["media"] and form.cleaned_data["media"].pk)  # names repeat
    key = f"form:{form.cleaned_data['submit_key']}:{account.pk}"
    return {
        "account": account,
        "media": form.cleaned_data["media"],
        "options": form.options(),
        "actor": request.user,
        "idempotency": Idempotency.of(key, body | {"action": request.POST.get("action", "")}),
    }
