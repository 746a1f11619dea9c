"""Input of Django admin about people's places."""

from typing import Any

from django.forms import BaseInlineFormSet, ModelForm, ValidationError

from accounts.models import TenantMembership, TenantRole
from instances.services import LastOwner


class FixedPeople(BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows whose person cannot be exchanged: that would be one removal and one addition without their audit lines."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Keep the person of an existing row."""
        super().add_fields(form, index)
        if not form.instance._state.adding:
            form.fields["user"].disabled = True


class PeopleOfTenant(FixedPeople):
    """A person's rights; a tenant keeps an active owner."""

    def clean(self) -> None:
        """Refuse to remove or demote the last owner, as the product does."""
        super().clean()
        before = TenantMembership.objects.filter(tenant=self.instance, role=TenantRole.OWNER, user__is_active=True)
        if before.exists() and not any(self._stays_owner(form) for form in self.forms):
            raise ValidationError(str(LastOwner().user_message))

    def _stays_owner(self, form: "ModelForm[TenantMembership]") -> bool:
        data = getattr(form, "cleaned_data", {})
        user = data.get("user")
        return bool(user and user.is_active and data.get("role") == TenantRole.OWNER and not data.get("DELETE"))
