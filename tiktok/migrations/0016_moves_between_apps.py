from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tiktok", "0015_revoke_asked"),
    ]

    operations = [
        migrations.AddField(
            model_name="tiktokcredential",
            name="union_id",
            field=models.CharField(blank=True, default="", max_length=128),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="tiktokcredential",
            name="retired_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="tiktokaccount",
            name="kept_apart",
            field=models.JSONField(default=list),
        ),
    ]
