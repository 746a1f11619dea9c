import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("instances", "0004_notices_about_connect_links"),
        ("tiktok", "0012_find_last_published"),
    ]

    operations = [
        # Media that is there was examined when it was uploaded.
        migrations.AddField(
            model_name="media",
            name="state",
            field=models.CharField(
                choices=[("checking", "Checking"), ("ready", "Ready"), ("refused", "Refused")],
                default="ready",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="media",
            name="state",
            field=models.CharField(
                choices=[("checking", "Checking"), ("ready", "Ready"), ("refused", "Refused")],
                default="checking",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="media",
            name="refusal_code",
            field=models.CharField(blank=True, max_length=40, default=""),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="media",
            name="content_type",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AlterField(
            model_name="media",
            name="sha256",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddConstraint(
            model_name="media",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["checking", "ready", "refused"])), name="media_state_known"
            ),
        ),
        migrations.CreateModel(
            name="MediaCheck",
            fields=[
                (
                    "media",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="tiktok.media",
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("turn_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("lease_owner", models.CharField(blank=True, max_length=120)),
                ("lease_until", models.DateTimeField(null=True)),
                ("fence", models.PositiveBigIntegerField(default=0)),
                ("attempts", models.PositiveIntegerField(default=0)),
                (
                    "instance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="instances.instance"
                    ),
                ),
            ],
            options={
                "verbose_name": "media check",
                "verbose_name_plural": "media checks",
                "indexes": [models.Index(fields=["turn_at"], name="media_check_turn")],
            },
        ),
    ]
