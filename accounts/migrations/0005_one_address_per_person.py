"""Only the primary address of a person stays: others could still reset the password."""

from django.db import migrations


def forget_other_addresses(apps, schema_editor):
    apps.get_model("account", "EmailAddress").objects.filter(primary=False).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_email_change"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [migrations.RunPython(forget_other_addresses, migrations.RunPython.noop)]
