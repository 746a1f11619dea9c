"""Rename and label accounts."""

from django.db import transaction

from accounts.audit import record
from accounts.models import User
from instances.acting import needs
from instances.roles import Permission
from tiktok.models import TikTokAccount


@needs(Permission.ACCOUNT_MANAGE)
def rename_account(account: TikTokAccount, *, name: str, actor: User) -> None:
    """Change the name that the team gives the account."""
    with transaction.atomic():
        before, account.name = account.name, name
        account.save(update_fields=["name"])
        record(
            "account.renamed", tenant=account.instance.tenant, actor=actor, instance_id=account.instance_id,
            target=account, before=before, after=name,
        )  # fmt: skip


@needs(Permission.ACCOUNT_MANAGE)
def label_account(account: TikTokAccount, *, labels: list[str], actor: User) -> None:
    """Replace the account's labels with these, which have passed ``clean_labels``; equal ones change nothing."""
    if labels == account.labels:
        return
    with transaction.atomic():
        before, account.labels = list(account.labels), labels
        account.save(update_fields=["labels"])
        record(
            "account.labelled", tenant=account.instance.tenant, actor=actor, instance_id=account.instance_id,
            target=account, before=before, after=labels,
        )  # fmt: skip
