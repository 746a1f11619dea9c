"""Tenants in Django admin: staff add one with its first instance, and its owner is invited."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminEmailInputWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_lazy as _

from accounts.admin import actor_of
from accounts.models import LONGEST_EMAIL, Tenant
from accounts.names import NameField
from instances.models import Instance
from instances.models.instance import slug_validator
from instances.services import Invited, SlugTaken
from instances.services.first_owner import add_customer, invite_owner


class NewTenantForm(forms.ModelForm):  # type: ignore[type-arg]
    """A customer, the address of its first instance, and whom to invite as its owner."""

    name = NameField(
        label=_("Name"), max_length=120, help_text=_("The company. Its first instance gets the same name.")
    )
    slug = forms.CharField(
        label=_("Address of the first instance"),
        max_length=50,
        required=False,
        widget=AdminTextInputWidget,
        validators=[slug_validator],
        help_text=_("Lowercase letters, digits and hyphens. Leave it empty to create it from the name."),
    )
    email = forms.EmailField(
        label=_("Owner’s email address"),
        max_length=LONGEST_EMAIL,
        widget=AdminEmailInputWidget,
        help_text=_("The owner gets a one-time link, but no access to Administration."),
    )

    class Meta:
        model = Tenant
        fields = ["name"]

    def clean_slug(self) -> str:
        """Return a free address."""
        slug: str = self.cleaned_data["slug"]
        if slug and Instance.objects.filter(slug=slug).exists():
            raise ValidationError(str(SlugTaken().user_message), code="taken")
        return slug


class AddsCustomers(admin.ModelAdmin):  # type: ignore[type-arg]
    """The page that adds a tenant; what the customer needs to begin is made with it."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form for a new tenant, or that for one that exists."""
        if obj is None:
            kwargs |= {"form": NewTenantForm, "fields": None}
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields in the order of the page."""
        return ["name", "slug", "email"] if obj is None else super().get_fields(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Hide people while the tenant is new."""
        return [] if obj is None else super().get_inlines(request, obj)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Offer one button; say so where another instance takes the address at the same moment."""
        buttons = {"show_save_and_add_another": False, "show_save_and_continue": False}
        try:
            return super().add_view(request, form_url, (extra_context or {}) | buttons)
        except SlugTaken as error:
            messages.error(request, error.user_message)
            return HttpResponseRedirect(request.path)

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        """Make a new tenant by the services, whose audit lines name the member of staff."""
        actor = actor_of(request)
        data = form.cleaned_data
        instance = add_customer(tenant_name=obj.name, slug=data["slug"], actor=actor)
        invited = invite_owner(instance, email=data["email"], actor=actor)
        obj.pk = instance.tenant_id
        obj.refresh_from_db()
        request.invited = invited  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Tenant, post_url_continue: str | None = None) -> HttpResponse:
        """Show the link once, or say that it was mailed."""
        invited: Invited = request.invited  # type: ignore[attr-defined]
        context = {**self.admin_site.each_context(request), "title": obj.name, "tenant": obj, "invited": invited}
        response = TemplateResponse(request, "admin/accounts/tenant/invited.html", context)
        patch_cache_control(response, private=True, no_store=True)
        return response
