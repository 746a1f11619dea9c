"""The composer: an account, fresh creator info, a form, and one service for each of its buttons."""

from typing import Any, Final, NamedTuple, cast
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
from tiktok.accounts.labels import count_labels, has_label
from tiktok.accounts.queries import avatar_url
from tiktok.accounts.selection import parse_id, selected_account_id
from tiktok.api.types import CreatorInfo
from tiktok.models import (
    InvalidTransition,
    Media,
    MediaType,
    Post,
    PostEvent,
    PostMode,
    PostState,
    StaleState,
    TikTokAccount,
)
from tiktok.posts import queries, same_file, schedule, services
from tiktok.posts.consent import BRANDED_POLICY_URL, MUSIC_USAGE_URL, Consent
from tiktok.posts.creator import (
    CreatorInfoUnavailable,
    account_trouble,
    fetch_creator_info,
    last_offer,
    offer_for,
    refuse_under_cap,
)
from tiktok.posts.idempotency import Idempotency, find_replay
from tiktok.posts.queries import version_of
from tiktok.posts.rules import OptionsRefused
from tiktok.posts.schedule import NO_PLAN, TimeRefused, When
from tiktok.posts.services import unusable
from tiktok.posts.web import destination, photos
from tiktok.posts.web.duplicates import initial_of_copy, source_of
from tiktok.posts.web.forms import FORM_FIELDS, PostForm, initial_from, stored_plan_of
from tiktok.posts.web.post_page import can_be_edited
from tiktok.posts.wording.codes import Explanation, explain
from tiktok.posts.wording.explanation import started_text
from tiktok.posts.wording.times import PlannedTime

NOT_CONTENT: Final = frozenset({"submit_key", "repeat_ok", "media", "photos"})
MANY_ACCOUNTS: Final = 8  # with more, labels narrow the choice
# The field in which a failed post was wrong, where neither its code nor ``error_field`` is a field of the form.
FIELD_AT_FAULT: Final = {
    "spam_risk_text": "caption",
    "unaudited_client_can_only_post_to_private_accounts": "privacy_level",
    "privacy_level_option_mismatch": "privacy_level",
    "file_format_check_failed": "media",
    "duration_check_failed": "media",
    "frame_rate_check_failed": "media",
    "picture_size_check_failed": "media",
    "invalid_file_upload": "media",
}


@require_http_methods(["GET", "POST"])
@require_permission(Permission.POST_WRITE)
def post_new(request: InstanceRequest) -> HttpResponse:
    """Compose a post. Sending the same form twice creates one post (its hidden key)."""
    accounts = list(queries.linked_accounts().select_related("credential__app"))
    source = source_of(request)
    account = _account_of_form(request) or _account_for(request, accounts, source)
    if account and account not in accounts:
        accounts.append(account)
    return _compose(request, account, accounts, post=None, source=source)


@require_http_methods(["GET", "POST"])
@require_permission(Permission.POST_WRITE)
def post_edit(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """Edit a draft or a post that waits. A scheduled post stays scheduled unless it is moved to the drafts."""
    found = Post.objects.select_related("account__credential__app", "corrects")
    post = get_object_or_404(found, pk=post_id)
    if request.method == "GET" and not can_be_edited(post):
        messages.error(request, _("This post can no longer be edited."))
        return redirect("tiktok:post-detail", request.instance.slug, post.pk)
    return _compose(request, post.account, [post.account], post=post)


def _account_of_form(request: InstanceRequest) -> TikTokAccount | None:
    """Return the account that a sent form names, even if it has just stopped working: what was typed is kept."""
    named = request.POST.get("other") or request.POST.get("to") or request.GET.get("to", "")
    wanted = parse_id(named) if request.method == "POST" else None
    return TikTokAccount.objects.select_related("credential__app").filter(pk=wanted).first() if wanted else None


def _account_for(request: InstanceRequest, accounts: list[TikTokAccount], source: Post | None) -> TikTokAccount | None:
    """Return the account in the address (``to``), that of ``source``, the one selected in the rail, or the only one."""
    if source and "to" not in request.GET:
        return source.account
    wanted = parse_id(request.GET.get("to", "")) or selected_account_id(request)
    only = accounts[0] if len(accounts) == 1 else None
    return next((account for account in accounts if account.pk == wanted), only)


def _compose(
    request: InstanceRequest,
    account: TikTokAccount | None,
    accounts: list[TikTokAccount],
    *,
    post: Post | None,
    source: Post | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {"accounts": accounts, "account": account, "post": post}
    if account is None:
        return _page(request, context | _choices(request, accounts))
    initial = _initial(request, post, source)
    answer = _ask(account, _mode(request, initial))
    context |= answer._asdict() | {"account_avatar_url": avatar_url(account, request.instance.slug)}
    if answer.refusal and request.method == "GET" and not answer.refusal.needs_reconnect:
        return _page(request, context)
    form = _form(request, account, answer, post, initial)
    if "other" in request.POST or _is_arranged(request):
        form.errors.clear()  # a half-written post has no errors yet
    if _is_decided(request) and form.is_valid():
        outcome = _save(request, form, account, answer, post)
        if isinstance(outcome, Post):
            return redirect("tiktok:post-detail", request.instance.slug, outcome.pk)
        context["conflict"] = outcome
    if post and post.corrects and not form.is_bound:
        context["fault"] = _focus_fault(form, post.corrects)
    return _page(request, context | {"form": form, "usage": quota.usage_of(account.credential)})


def _initial(request: InstanceRequest, post: Post | None, source: Post | None) -> dict[str, Any]:
    """Return the form's values of the post, of the one to copy, or of the file in the address (``media``)."""
    if post:
        return initial_from(post)
    if source:
        return initial_of_copy(source)
    wanted = parse_id(request.GET.get("media", ""))
    media = Media.objects.filter(pk=wanted).first() if wanted else None
    if media and media.is_photo:
        return {"media_type": MediaType.PHOTO.value, "photos": [media.pk]}
    return {"media": wanted}


def _mode(request: InstanceRequest, initial: dict[str, Any]) -> str:
    chosen = request.POST.get("mode") if request.method == "POST" else initial.get("mode")
    return PostMode.MEDIA_UPLOAD if chosen == PostMode.MEDIA_UPLOAD else PostMode.DIRECT_POST


def _form(
    request: InstanceRequest, account: TikTokAccount, answer: "_Answer", post: Post | None, initial: dict[str, Any]
) -> PostForm:
    if answer.cap:
        initial["when"] = "later"
    plan = stored_plan_of(post) if post else NO_PLAN
    app = account.credential.app
    return PostForm(
        _sent(request),
        initial=initial,
        creator=answer.creator,
        app_audited=app.is_audited,
        can_pull=app.can_pull,
        zone=plan.zone or request.instance.zone.key,
        stored_plan=plan,
    )


def _choices(request: InstanceRequest, accounts: list[TikTokAccount]) -> dict[str, Any]:
    """Return the accounts to choose from, those of one label if there are many, each with what is wrong with it."""
    labels = [label for label, _count in count_labels(account.labels for account in accounts)]
    label = request.GET.get("label", "")
    shown = [account for account in accounts if not label or has_label(account.labels, label)]
    return {
        "choices": [_choice(request, account) for account in shown],
        "media_id": parse_id(request.GET.get("media", "")),
        "labels": labels if len(accounts) > MANY_ACCOUNTS else [],
        "label": label,
    }


def _choice(request: InstanceRequest, account: TikTokAccount) -> dict[str, Any]:
    trouble = account_trouble(account)
    return {
        "account": account,
        "avatar_url": avatar_url(account, request.instance.slug),
        "trouble": trouble,
        "reason": explain(trouble).what if trouble else "",
        "can_draft": not unusable(account),
    }


def _focus_fault(form: PostForm, original: Post) -> Explanation | None:
    """Give the focus to the field in which the original was wrong; return what was wrong."""
    if original.state != PostState.FAILED:
        return None
    code = original.error_code or original.tiktok_code or original.fail_reason
    named = FORM_FIELDS.get(original.error_field, original.error_field)
    name = FIELD_AT_FAULT.get(code, named)
    if name == "media" and form.is_photo_post:
        name = "photos"
    if name in form.fields:
        form.fields[name].widget.attrs["autofocus"] = True
        form.field_at_fault = name
    return explain(code)


class _Answer(NamedTuple):
    """TikTok's options for the creator, or why they are not known now. ``cap``: TikTok accepts no more posts today."""

    creator: CreatorInfo | None
    refusal: CreatorInfoUnavailable | None = None
    cap: CreatorInfoUnavailable | None = None


def _ask(account: TikTokAccount, mode: str) -> _Answer:
    """Query TikTok's offer for a direct post; a draft needs only the permission."""
    try:
        if mode == PostMode.MEDIA_UPLOAD:
            return _Answer(offer_for(account, mode, None))
        return _Answer(fetch_creator_info(account))
    except CreatorInfoUnavailable as refusal:
        return _Answer(last_offer(account), cap=refusal) if refusal.is_cap else _Answer(None, refusal)


def _is_decided(request: InstanceRequest) -> bool:
    """Return whether to save; otherwise the same form is shown again, with TikTok's present offer."""
    looks = bool({"use_time", "other"} & request.POST.keys()) or request.POST.get("action") == "look"
    return request.method == "POST" and not looks and not _is_arranged(request)


def _is_arranged(request: InstanceRequest) -> bool:
    """Return whether the form was sent to change what it shows: another kind of post, or the order of the photos."""
    return request.method == "POST" and ("arrange" in request.POST or photos.pressed(request.POST))


def _sent(request: InstanceRequest) -> QueryDict | None:
    """Return what was sent, with the time that was offered instead of one that the clocks skip if it was accepted.

    For another account (``other``) without what applied to the first one: the audience and the permitted repeat.
    """
    data = request.POST.copy()
    if offered := request.POST.get("use_time"):
        data["publish_at"], data["when"] = offered, "later"
    if "other" in request.POST:
        data["privacy_level"] = ""
        data.pop("repeat_ok", None)
    photos.rearrange(data)
    return data if request.method == "POST" else None


def _page(request: InstanceRequest, context: dict[str, Any]) -> HttpResponse:
    form: PostForm | None = context.get("form")
    post: Post | None = context["post"]
    if form:
        context |= destination.describe(request, form, context["account"], context["refusal"])
    context |= {
        "can_publish": request.membership.can(Permission.POST_PUBLISH),
        "is_scheduled": post is not None and post.state == PostState.SCHEDULED,
        "music_url": MUSIC_USAGE_URL,
        "branded_url": BRANDED_POLICY_URL,
        "media_list": queries.recent_media(_chosen_media(form)) if form else [],
    }
    return render(request, "tiktok/posts/post_form.html", context)


def _chosen_media(form: PostForm) -> UUID | None:
    return parse_id(str(form["media"].value() or ""))


def _save(
    request: InstanceRequest, form: PostForm, account: TikTokAccount, answer: _Answer, post: Post | None
) -> "Post | Conflict | None":
    """Do what the button says; return the post, or a conflict, or None with the errors in the form."""
    try:
        if request.POST.get("action") != "publish":
            return _save_draft(request, form, account, post)
        if not request.membership.can(Permission.POST_PUBLISH):
            form.add_error(None, _("You can write drafts, but not publish them."))
        elif answer.refusal is None:
            consent = Consent(user=request.user, creator_info=answer.creator, channel="web", agreed=True)
            return _send(request, form, account, consent, post, cap=answer.cap)
    except CreatorInfoUnavailable as error:
        form.add_error("publish_at" if form.wants_time else "when", error.user_message)
    except (StaleState, InvalidTransition):
        if post is None:
            raise
        return _conflict(form, Post.objects.get(pk=post.pk))
    except UserRefusal as error:
        add_refusal(form, error, form.names_of_fields)
        form.next_valid = error.next_valid if isinstance(error, TimeRefused) else None
    return None


class Conflict(NamedTuple):
    """A change to the post by another person, or in another tab, while this form was open."""

    post: Post
    event: PostEvent | None
    can_be_edited: bool


def _conflict(form: PostForm, post: Post) -> Conflict:
    """Return who changed the post and when; the form, sent once more, then replaces that version."""
    data = cast(QueryDict, form.data).copy()
    data["seen"] = version_of(post)
    form.data = data
    event = queries.events_of(post).exclude(actor=None).last()
    return Conflict(post, event, can_be_edited(post))


def _save_draft(request: InstanceRequest, form: PostForm, account: TikTokAccount, post: Post | None) -> Post:
    if post is None:
        draft, _replayed = services.create_post(**_content(request, form, account), plan=form.plan())
        messages.success(request, _("Draft saved."))
        return draft
    was_scheduled = post.state == PostState.SCHEDULED
    _edit(request, form, post)
    saved = _("Moved to drafts. The post is no longer scheduled.") if was_scheduled else _("Draft saved.")
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
    _say_sent(request, when, form.destination)
    return post


def _refuse_repeat(form: PostForm, account: TikTokAccount, when: When | None, post: Post | None) -> None:
    """Raise OptionsRefused for the same file within a day, unless the person has confirmed the repeat."""
    if form.cleaned_data["repeat_ok"]:
        return
    at = when.at if when else read_db_now()
    found = same_file.warning(account, form.chosen_files(), at, besides=post.pk if post else None)
    if found:
        raise OptionsRefused([FieldError("repeat_ok", found.code, found.message)])


def _say_sent(request: InstanceRequest, when: When | None, mode: str) -> None:
    if when is None:
        messages.success(request, started_text(mode))
        return
    planned = PlannedTime(when.local, when.zone, when.at)
    said = _("Scheduled for %(time)s.") % {"time": planned}
    messages.success(request, " ".join(filter(None, [said, when.note])))


def _when(form: PostForm) -> When | None:
    if not form.wants_time:
        return None
    return schedule.from_plan(form.plan())


def _edit(request: InstanceRequest, form: PostForm, post: Post, sending: services.Sending | None = None) -> None:
    revision = services.Revision(form.options(), form.chosen_files(), form.plan())
    seen: str = form.cleaned_data["seen"]
    services.edit_post(post, revise=lambda _now: revision, actor=request.user, seen=seen, sending=sending)


def _content(request: InstanceRequest, form: PostForm, account: TikTokAccount) -> dict[str, Any]:
    """Return the arguments that create the post; its idempotency key is the form's hidden key and the account."""
    body = {name: str(value) for name, value in form.cleaned_data.items() if name not in NOT_CONTENT}
    body["files"] = " ".join(str(media.pk) for media in form.chosen_files())  # names repeat
    key = f"form:{form.cleaned_data['submit_key']}:{account.pk}"
    return {
        "account": account,
        "files": form.chosen_files(),
        "options": form.options(),
        "actor": request.user,
        "idempotency": Idempotency.of(key, body | {"action": request.POST.get("action", "")}),
    }
