"""The page of connect links, for those who may connect accounts."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.web.refusals import add_refusal
from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.refusals import QuotaReached
from instances.roles import Permission
from tiktok.connect.links import services
from tiktok.connect.links.forms import LinksForm
from tiktok.connect.links.queries import lines_of, links_of
from tiktok.connect.links.services import LinkUnusable, MadeLink

PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@require_permission(Permission.ACCOUNT_MANAGE)
def connect_links(request: InstanceRequest) -> HttpResponseBase:
    """List the links; a POST creates one link or many and shows them once."""
    form = LinksForm(request.POST if request.method == "POST" else None, instance=request.instance)
    made = _make(request, form) if form.is_valid() else []
    if made:
        form = LinksForm(instance=request.instance)
    return _page(request, form, made)


def _make(request: InstanceRequest, form: LinksForm) -> list[MadeLink]:
    """Create the links, or none, with the reason in the form, when the same request came before."""
    data = form.cleaned_data
    try:
        return services.make_links(
            request.instance, actor=request.user, names=data["names"], note=data["note"], lifetime=data["lifetime"],
            app=data["app"], batch=data["batch"],
        )  # fmt: skip
    except QuotaReached as error:
        add_refusal(form, error)
        return []
    except IntegrityError:
        form.add_error(None, _("These links were already created and are shown only once. Replace them with new ones."))
        return []


def _page(request: InstanceRequest, form: LinksForm, made: Sequence[MadeLink] = ()) -> HttpResponse:
    page = Paginator(links_of(request.instance), PER_PAGE).get_page(request.GET.get("page"))
    lines = lines_of(request.membership, page.object_list)
    context = {
        "form": form,
        "made": made,
        "made_text": "\n".join(f"{one.link.name}\t{one.url}" if one.link.name else one.url for one in made),
        "page": page,
        "lines": lines,
        "are_waiting": any(line.is_live for line in lines),
    }
    status = 422 if form.is_bound and form.errors else 200
    is_part = request.headers.get("HX-Target") == "links"
    template = "tiktok/connect/links/_table.html" if is_part else "tiktok/connect/links/list.html"
    response = render(request, template, context, status=status)
    patch_cache_control(response, private=True, no_store=True)
    return response


@require_POST
@require_permission(Permission.ACCOUNT_MANAGE)
def connect_link_revoke(request: InstanceRequest, link_id: UUID) -> HttpResponseBase:
    """Revoke a link."""
    link = get_object_or_404(links_of(request.instance), pk=link_id)
    if services.revoke_link(request.instance, link, actor=request.user):
        messages.success(request, _("Connect link revoked"))
    else:
        messages.warning(request, _("This link has already been used or revoked."))
    return redirect("tiktok:connect-links", request.instance.slug)


@require_POST
@require_permission(Permission.ACCOUNT_MANAGE)
def connect_link_renew(request: InstanceRequest, link_id: UUID) -> HttpResponseBase:
    """Replace a link that was lost or has expired; the new one is shown once."""
    link = get_object_or_404(links_of(request.instance), pk=link_id)
    try:
        made = services.renew_link(request.instance, link, actor=request.user)
    except LinkUnusable:
        messages.warning(request, _("This link has already been used or revoked."))
        return redirect("tiktok:connect-links", request.instance.slug)
    return _page(request, LinksForm(instance=request.instance), [made])
