"""The bell, the list of notices, and which of them are mailed to a person."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from instances.decorators import require_permission
from instances.forms import NotificationForm, ReadUntilForm
from instances.http import InstanceRequest
from instances.models import NoticeKind, NotificationPreference
from instances.notices.reading import Bell, bell_of, mark_read, notices_for, unread_by
from instances.notices.words import gone_text, kind_title, notices_in_words, subjects_of, words_of
from instances.roles import Permission

PER_PAGE: Final = 25
TONES: Final = {
    **dict.fromkeys((NoticeKind.FAILED.value, NoticeKind.ENDED.value, NoticeKind.UNUSABLE.value), "bad"),
    **dict.fromkeys((NoticeKind.LINKED.value, NoticeKind.CHECKED.value), "good"),
}


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def notice_list(request: InstanceRequest) -> HttpResponse:
    """Show the notifications of the last 90 days, newest first."""
    page = Paginator(notices_for(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "items": notices_in_words(request.instance, list(page.object_list)),
        "can_choose_emails": request.membership.can(Permission.POST_WRITE),
    }
    return render(request, "instances/notice_list.html", context)


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def notice_bell(request: InstanceRequest) -> HttpResponse:
    """Return the bell's count; a toast names what came since the page last asked."""
    bell = bell_of(request.user)
    response = render(request, "instances/_bell_poll.html", {"bell": bell})
    trigger_client_event(response, "unread", {"count": bell.count})
    if toast := _toast(request, bell):
        trigger_client_event(response, "toast", toast)
    return response


def _toast(request: InstanceRequest, bell: Bell) -> dict[str, Any] | None:
    """Return the words of one new notification, or the count of several."""
    seen = _moment(request.GET.get("seen", ""))
    if bell.newest is None or (seen and bell.newest <= seen):
        return None
    fresh = unread_by(request.user).filter(at__gt=seen) if seen else unread_by(request.user)
    found = list(fresh[:2])
    if len(found) != 1:
        count = fresh.count()
        text = ngettext("%(count)d new notification", "%(count)d new notifications", count) % {"count": count}
        return {"level": "warn", "text": text}
    notice = found[0]
    subject = subjects_of(request.instance, found).get(notice.subject_id)
    name = f" ({subject.name})" if subject else ""
    text = f"{kind_title(notice.kind)}{name}. {words_of(notice).what}"
    return {"level": TONES.get(notice.kind, "warn"), "text": text}


def _moment(text: str) -> datetime | None:
    """Return the time up to which the page has shown notifications; None for an invalid one."""
    try:
        found = parse_datetime(text)
        return found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError):  # at the ends of the calendar there are times that are none in UTC
        return None


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def notice_open(request: InstanceRequest, notice_id: UUID) -> HttpResponse:
    """Mark the notification as read and redirect to its subject."""
    notice = get_object_or_404(notices_for(request.user), pk=notice_id)
    mark_read(request.user, [notice])
    subject = subjects_of(request.instance, [notice]).get(notice.subject_id)
    if subject is None:
        messages.warning(request, gone_text(notice))
        return redirect("instances:notice-list", request.instance.slug)
    return redirect(subject.url)


@require_POST
@require_permission(Permission.CONTENT_VIEW)
def notice_read(request: InstanceRequest, notice_id: UUID) -> HttpResponse:
    """Mark one notification as read."""
    mark_read(request.user, [get_object_or_404(notices_for(request.user), pk=notice_id)])
    page = request.POST.get("page", "")
    to = reverse("instances:notice-list", args=[request.instance.slug])
    return redirect(f"{to}?page={page}" if page.isdecimal() else to)


@require_POST
@require_permission(Permission.CONTENT_VIEW)
def notice_read_all(request: InstanceRequest) -> HttpResponse:
    """Mark as read what the page showed; what came later stays unread."""
    form = ReadUntilForm(request.POST)
    if form.is_valid():
        mark_read(request.user, unread_by(request.user).filter(at__lte=form.cleaned_data["until"]))
    else:
        messages.error(request, _("Clipdesk could not read the form. Reload the page and try again."))
    return redirect("instances:notice-list", request.instance.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@require_permission(Permission.POST_WRITE)
def settings_notifications(request: InstanceRequest) -> HttpResponse:
    """Choose which notifications are also sent by email."""
    preference = NotificationPreference.objects.filter(user=request.user).first()
    preference = preference or NotificationPreference(instance=request.instance, user=request.user)
    form = NotificationForm(request.POST if request.method == "POST" else None, instance=preference)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect(request.path)
    return render(
        request, "instances/settings_notifications.html", {"form": form, "has_mail": bool(settings.EMAIL_URL)}
    )
