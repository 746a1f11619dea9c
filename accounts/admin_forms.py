"""Input of Django admin about people."""

from django.forms import ModelForm, ValidationError
from django.utils.translation import gettext as _

from accounts.models import Tenant, TenantMembership, TenantRole, User


class PersonForm(ModelForm):  # type: ignore[type-arg]
    """A person's rights; a tenant keeps an active owner."""

    class Meta:
        model = User
        fields = ["name", "is_active", "is_staff", "is_superuser"]

    def clean_is_active(self) -> bool:
        """Refuse to shut out the last active owner of a tenant."""
        is_active: bool = self.cleaned_data["is_active"]
        if "is_active" in self.changed_data and not is_active:
            orphans = _tenants_led_alone(self.instance)
            if orphans:
                text = _("This is the last active owner of %(tenants)s. Make someone else an owner first.")
                raise ValidationError(text % {"tenants": ", ".join(tenant.name for tenant in orphans)})
        return is_active


def _tenants_led_alone(user: User) -> list[Tenant]:
    """Return the tenants without another active owner; locked, so that two owners are not shut out at once."""
    owned = TenantMembership.objects.filter(user=user, role=TenantRole.OWNER).values("tenant")
    tenants = list(Tenant.objects.select_for_update().filter(pk__in=owned).order_by("pk"))
    others = TenantMembership.objects.filter(tenant__in=tenants, role=TenantRole.OWNER, user__is_active=True).exclude(
        user=user
    )
    led = set(others.values_list("tenant_id", flat=True))
    return [tenant for tenant in tenants if tenant.pk not in led]
