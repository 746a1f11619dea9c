import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import tiktok.models.app
import tiktok.models.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("instances", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Media",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("video", "Video"), ("photo", "Photo")], max_length=5)),
                (
                    "state",
                    models.CharField(
                        choices=[("checking", "Checking"), ("ready", "Ready"), ("refused", "Refused")],
                        default="checking",
                        max_length=8,
                    ),
                ),
                ("refusal_code", models.CharField(blank=True, max_length=40)),
                ("original_name", models.CharField(max_length=255)),
                ("content_type", models.CharField(blank=True, max_length=40)),
                ("path", models.CharField(max_length=300)),
                ("thumbnail_path", models.CharField(blank=True, max_length=300)),
                ("size_bytes", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("mtime_ns", models.PositiveBigIntegerField()),
                ("inode", models.PositiveBigIntegerField()),
                ("duration_ms", models.PositiveBigIntegerField(null=True)),
                ("width", models.PositiveIntegerField(null=True)),
                ("height", models.PositiveIntegerField(null=True)),
                ("fps", models.FloatField(null=True)),
                ("codec", models.CharField(blank=True, max_length=40)),
                ("problems", models.JSONField(default=list)),
                ("copy_path", models.CharField(blank=True, max_length=300)),
                ("copy_size_bytes", models.PositiveBigIntegerField(default=0)),
                ("copy_sha256", models.CharField(blank=True, max_length=64)),
                ("copy_mtime_ns", models.PositiveBigIntegerField(default=0)),
                ("copy_inode", models.PositiveBigIntegerField(default=0)),
                ("copy_width", models.PositiveIntegerField(null=True)),
                ("copy_height", models.PositiveIntegerField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("deleted_at", models.DateTimeField(null=True)),
                (
                    "instance",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="instances.instance",
                        verbose_name="instance",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "media file",
                "verbose_name_plural": "media",
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="Post",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("batch", models.UUIDField(default=uuid.uuid4, editable=False)),
                (
                    "mode",
                    models.CharField(
                        choices=[("DIRECT_POST", "Publish directly")], default="DIRECT_POST", max_length=12
                    ),
                ),
                ("source", models.CharField(choices=[("FILE_UPLOAD", "Upload")], default="FILE_UPLOAD", max_length=13)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("scheduled", "Scheduled"),
                            ("due", "Waiting to start"),
                            ("initing", "Starting"),
                            ("uploading", "Uploading"),
                            ("processing", "Processing at TikTok"),
                            ("in_inbox", "In TikTok inbox"),
                            ("published", "Published"),
                            ("waiting_account", "Waiting for account"),
                            ("needs_attention", "Needs attention"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="draft",
                        max_length=15,
                    ),
                ),
                (
                    "attention_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("missed", "Its time has passed"),
                            ("options_changed", "The account’s posting options have changed"),
                            ("media_changed", "The file has changed"),
                            ("bug", "Clipdesk could not continue"),
                            ("outcome_unknown", "Unknown whether it was published"),
                            ("quarantined", "Publishing paused after a restore"),
                        ],
                        max_length=16,
                    ),
                ),
                ("caption", models.TextField(blank=True)),
                ("privacy_level", models.CharField(blank=True, max_length=24)),
                ("allow_comment", models.BooleanField(default=False)),
                ("allow_duet", models.BooleanField(default=False)),
                ("allow_stitch", models.BooleanField(default=False)),
                ("brand_organic", models.BooleanField(default=False)),
                ("brand_content", models.BooleanField(default=False)),
                ("is_aigc", models.BooleanField(default=False)),
                ("cover_timestamp_ms", models.PositiveIntegerField(null=True)),
                ("publish_at", models.DateTimeField(null=True)),
                ("publish_local", models.CharField(blank=True, max_length=32)),
                ("publish_zone", models.CharField(blank=True, max_length=64)),
                ("deadline_at", models.DateTimeField(null=True)),
                ("publish_status", models.CharField(blank=True, max_length=40)),
                ("fail_reason", models.CharField(blank=True, max_length=80)),
                ("post_ids", models.JSONField(default=list)),
                ("creator_username", models.CharField(blank=True, max_length=80)),
                ("error_code", models.CharField(blank=True, max_length=80)),
                ("error_field", models.CharField(blank=True, max_length=40)),
                ("tiktok_code", models.CharField(blank=True, max_length=80)),
                ("log_id", models.CharField(blank=True, max_length=128)),
                ("hold_reason", models.CharField(blank=True, max_length=80)),
                ("hold_count", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("idempotency_key", models.CharField(max_length=255, null=True)),
                ("idempotency_hash", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("published_at", models.DateTimeField(null=True)),
                ("dismissed_at", models.DateTimeField(null=True)),
                (
                    "corrects",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="tiktok.post"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "instance",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="instances.instance",
                        verbose_name="instance",
                    ),
                ),
            ],
            options={
                "verbose_name": "post",
                "verbose_name_plural": "posts",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="MediaUpload",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("size_bytes", models.PositiveBigIntegerField()),
                ("offset", models.PositiveBigIntegerField(default=0)),
                ("original_name", models.CharField(max_length=255)),
                ("path", models.CharField(max_length=300)),
                ("lease_owner", models.CharField(blank=True, max_length=64)),
                ("lease_until", models.DateTimeField(null=True)),
                ("problem", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "instance",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="instances.instance",
                        verbose_name="instance",
                    ),
                ),
                (
                    "media",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="tiktok.media"
                    ),
                ),
            ],
            options={
                "verbose_name": "upload",
                "verbose_name_plural": "uploads",
            },
        ),
        migrations.CreateModel(
            name="WorkItem",
            fields=[
                (
                    "post",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="tiktok.post",
                    ),
                ),
                ("next_action_at", models.DateTimeField(null=True)),
                ("lease_owner", models.CharField(blank=True, max_length=120)),
                ("lease_until", models.DateTimeField(null=True)),
                ("fence", models.PositiveBigIntegerField(default=0)),
                ("crashes", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name": "work item",
                "verbose_name_plural": "work items",
            },
        ),
        migrations.CreateModel(
            name="ConsentSnapshot",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("text", models.TextField()),
                ("options", models.JSONField()),
                ("creator_info", models.JSONField()),
                ("channel", models.CharField(max_length=10)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("void_at", models.DateTimeField(null=True)),
                (
                    "instance",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="instances.instance",
                        verbose_name="instance",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="consents", to="tiktok.post"
                    ),
                ),
            ],
            options={
                "verbose_name": "consent",
                "verbose_name_plural": "consents",
            },
        ),
        migrations.CreateModel(
            name="PostEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "from_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("draft", "Draft"),
                            ("scheduled", "Scheduled"),
                            ("due", "Waiting to start"),
                            ("initing", "Starting"),
                            ("uploading", "Uploading"),
                            ("processing", "Processing at TikTok"),
                            ("in_inbox", "In TikTok inbox"),
                            ("published", "Published"),
                            ("waiting_account", "Waiting for account"),
                            ("needs_attention", "Needs attention"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "to_state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("scheduled", "Scheduled"),
                            ("due", "Waiting to start"),
                            ("initing", "Starting"),
                            ("uploading", "Uploading"),
                            ("processing", "Processing at TikTok"),
                            ("in_inbox", "In TikTok inbox"),
                            ("published", "Published"),
                            ("waiting_account", "Waiting for account"),
                            ("needs_attention", "Needs attention"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=15,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=16)),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("person", "A person"),
                            ("clock", "Scheduled time reached"),
                            ("worker", "Clipdesk"),
                            ("tiktok", "TikTok"),
                            ("r1", "Restarted: TikTok had not issued an ID"),
                            ("r2", "Restarted: the upload had failed"),
                            ("r3", "Restarted: TikTok failed to publish and allows another attempt"),
                            ("r4", "Restarted: TikTok had refused the post"),
                            ("r6", "Resent by a person"),
                            ("quarantine", "Publishing paused after a restore"),
                        ],
                        max_length=10,
                    ),
                ),
                ("detail", models.JSONField(default=dict)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "instance",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="instances.instance",
                        verbose_name="instance",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="tiktok.post"
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="PostMedia",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "instance",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="instances.instance",
                        verbose_name="instance",
                    ),
                ),
                (
                    "media",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tiktok.media"),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="tiktok.post"
                    ),
                ),
            ],
            options={
                "verbose_name": "post’s file",
                "verbose_name_plural": "post’s files",
                "ordering": ["position"],
            },
        ),
        migrations.AddField(
            model_name="post",
            name="media",
            field=models.ManyToManyField(related_name="+", through="tiktok.PostMedia", to="tiktok.media"),
        ),
        migrations.CreateModel(
            name="Quarantine",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("since", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "pause after a restore",
                "verbose_name_plural": "pause after a restore",
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="one_quarantine")],
            },
        ),
        migrations.CreateModel(
            name="TikTokAccount",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("reconnect_needed", "Reconnect"),
                            ("disconnecting", "Disconnecting…"),
                            ("disconnected", "Disconnected"),
                        ],
                        default="active",
                        max_length=20,
                    ),
                ),
                ("status_reason", models.CharField(blank=True, max_length=60)),
                ("display_name", models.CharField(blank=True, max_length=120)),
                ("username", models.CharField(blank=True, max_length=80)),
                ("avatar_path", models.CharField(blank=True, max_length=200)),
                ("profile_deep_link", models.CharField(blank=True, max_length=500)),
                ("is_verified", models.BooleanField(null=True)),
                ("follower_count", models.BigIntegerField(null=True)),
                ("following_count", models.BigIntegerField(null=True)),
                ("likes_count", models.BigIntegerField(null=True)),
                ("video_count", models.BigIntegerField(null=True)),
                ("labels", models.JSONField(default=list)),
                ("linked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("synced_at", models.DateTimeField(null=True)),
                ("disconnect_at", models.DateTimeField(null=True)),
                ("disconnected_at", models.DateTimeField(null=True)),
                ("end_told_days", models.PositiveSmallIntegerField(null=True)),
                ("kept_apart", models.JSONField(default=list)),
                (
                    "instance",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="instances.instance",
                        verbose_name="instance",
                    ),
                ),
                (
                    "linked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "account",
                "verbose_name_plural": "accounts",
                "ordering": ["name", "linked_at"],
            },
        ),
        migrations.AddField(
            model_name="post",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="posts", to="tiktok.tiktokaccount"
            ),
        ),
        migrations.CreateModel(
            name="TikTokApp",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("client_key", models.CharField(max_length=80, unique=True, verbose_name="client key")),
                (
                    "client_secret",
                    tiktok.models.fields.EncryptedTextField(
                        default=None, editable=False, null=True, serialize=False, verbose_name="client secret"
                    ),
                ),
                (
                    "old_client_secret",
                    tiktok.models.fields.EncryptedTextField(
                        default=None,
                        editable=False,
                        null=True,
                        serialize=False,
                        verbose_name="client secret before the change",
                    ),
                ),
                ("secret_set_at", models.DateTimeField(editable=False, null=True, verbose_name="secret set at")),
                (
                    "environment",
                    models.CharField(
                        choices=[("sandbox", "Sandbox"), ("production", "Production")],
                        default="production",
                        max_length=10,
                        verbose_name="environment",
                    ),
                ),
                (
                    "app_type",
                    models.CharField(
                        choices=[("web", "Web"), ("desktop", "Desktop")],
                        default="web",
                        max_length=7,
                        verbose_name="type",
                    ),
                ),
                ("redirect_uri", models.CharField(max_length=511, verbose_name="redirect URI")),
                ("scopes", models.JSONField(default=tiktok.models.app.default_scopes, verbose_name="scopes")),
                (
                    "pkce",
                    models.CharField(
                        choices=[("off", "Off"), ("hex", "Hex (desktop)"), ("base64url", "Base64url")],
                        default="off",
                        max_length=9,
                        verbose_name="PKCE",
                    ),
                ),
                (
                    "is_audited",
                    models.BooleanField(
                        blank=True,
                        help_text="Unknown until TikTok’s answers show it.",
                        null=True,
                        verbose_name="audited",
                    ),
                ),
                ("users_held_until", models.DateTimeField(editable=False, null=True)),
                ("is_from_environment", models.BooleanField(default=False, editable=False)),
                ("setup_ticks", models.JSONField(default=dict, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        blank=True,
                        help_text="If empty, every tenant of this installation can use it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "TikTok app",
                "verbose_name_plural": "TikTok apps",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="ConnectLink",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("name", models.CharField(blank=True, max_length=80, verbose_name="name")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(editable=False, null=True)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                (
                    "instance",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="instances.instance",
                    ),
                ),
                (
                    "maker",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="tiktok.tiktokaccount",
                    ),
                ),
                (
                    "app",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="tiktok.tiktokapp"
                    ),
                ),
            ],
            options={
                "verbose_name": "connect link",
                "verbose_name_plural": "connect links",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="TikTokCredential",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("open_id", models.CharField(max_length=128)),
                ("union_id", models.CharField(blank=True, max_length=128)),
                (
                    "access_token",
                    tiktok.models.fields.EncryptedTextField(default=None, editable=False, null=True, serialize=False),
                ),
                (
                    "refresh_token",
                    tiktok.models.fields.EncryptedTextField(default=None, editable=False, null=True, serialize=False),
                ),
                ("access_issued_at", models.DateTimeField(null=True)),
                ("access_expires_at", models.DateTimeField(null=True)),
                ("refresh_expires_at", models.DateTimeField(null=True)),
                ("scopes", models.JSONField(default=list)),
                ("version", models.PositiveBigIntegerField(default=0)),
                ("refresh_owner", models.CharField(blank=True, max_length=120)),
                ("refresh_lease_until", models.DateTimeField(null=True)),
                ("next_refresh_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("revoke_asked_version", models.PositiveBigIntegerField(null=True)),
                ("retired_at", models.DateTimeField(null=True)),
                ("posts_held_until", models.DateTimeField(null=True)),
                ("posts_held_code", models.CharField(blank=True, max_length=80)),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tiktok.tiktokapp"
                    ),
                ),
            ],
            options={
                "verbose_name": "credential",
                "verbose_name_plural": "credentials",
            },
        ),
        migrations.AddField(
            model_name="tiktokaccount",
            name="credential",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tiktok.tiktokcredential"
            ),
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField()),
                ("init_sent_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("init_answered_at", models.DateTimeField(null=True)),
                ("publish_id", models.CharField(blank=True, max_length=128)),
                (
                    "upload_url",
                    tiktok.models.fields.EncryptedTextField(default=None, editable=False, null=True, serialize=False),
                ),
                ("is_uploading", models.BooleanField(default=False)),
                ("video_size", models.PositiveBigIntegerField()),
                ("chunk_size", models.PositiveBigIntegerField()),
                ("total_chunk_count", models.PositiveIntegerField()),
                ("sent_bytes", models.PositiveBigIntegerField(default=0)),
                ("sending_bytes", models.PositiveBigIntegerField(default=0)),
                ("media_sha256", models.CharField(max_length=64)),
                ("media_mtime_ns", models.PositiveBigIntegerField()),
                ("media_inode", models.PositiveBigIntegerField()),
                ("media_checked_by", models.CharField(blank=True, max_length=120)),
                ("commit_point_at", models.DateTimeField(null=True)),
                ("url_died_at", models.DateTimeField(null=True)),
                ("missing_seen_at", models.DateTimeField(null=True)),
                ("range_refused_at_byte", models.PositiveBigIntegerField(null=True)),
                ("range_refusals", models.PositiveSmallIntegerField(default=0)),
                ("is_in_doubt", models.BooleanField(default=False)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("polls", models.PositiveIntegerField(default=0)),
                ("counts_as_unanswered", models.BooleanField(default=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_because", models.CharField(blank=True, max_length=40)),
                (
                    "instance",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="instances.instance",
                        verbose_name="instance",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="submissions", to="tiktok.post"
                    ),
                ),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tiktok.tiktokapp"
                    ),
                ),
                (
                    "credential",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tiktok.tiktokcredential"
                    ),
                ),
            ],
            options={
                "verbose_name": "submission",
                "verbose_name_plural": "submissions",
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="RateWindow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("endpoint", models.CharField(max_length=40)),
                ("spent", models.JSONField(default=list)),
                ("gated_until", models.DateTimeField(null=True)),
                ("promised_until", models.DateTimeField(null=True)),
                (
                    "credential",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tiktok.tiktokcredential"
                    ),
                ),
            ],
            options={
                "verbose_name": "rate window",
                "verbose_name_plural": "rate windows",
            },
        ),
        migrations.CreateModel(
            name="TikTokOutage",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("init", "TikTok does not accept videos"),
                            ("publish", "TikTok accepts videos but does not publish them"),
                        ],
                        max_length=7,
                    ),
                ),
                ("code", models.CharField(max_length=80)),
                ("log_id", models.CharField(blank=True, max_length=128)),
                ("faults", models.PositiveIntegerField(default=0)),
                ("began_at", models.DateTimeField()),
                ("last_fault_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tiktok.tiktokapp"
                    ),
                ),
            ],
            options={
                "verbose_name": "TikTok outage",
                "verbose_name_plural": "TikTok outages",
                "ordering": ["-began_at"],
            },
        ),
        migrations.AddField(
            model_name="post",
            name="outage",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="tiktok.tiktokoutage",
            ),
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64)),
                ("event", models.CharField(blank=True, max_length=80, verbose_name="event")),
                ("user_openid", models.CharField(blank=True, max_length=128)),
                ("event_at", models.DateTimeField(null=True, verbose_name="happened at")),
                ("body", models.TextField(verbose_name="body")),
                (
                    "is_signed_with_old_secret",
                    models.BooleanField(default=False, verbose_name="signed with the previous secret"),
                ),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="received at")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("applied", "Applied"),
                            ("ignored", "Ignored"),
                            ("given_up", "Given up"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("outcome", models.CharField(blank=True, max_length=40, verbose_name="outcome")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("next_attempt_at", models.DateTimeField(default=django.utils.timezone.now, null=True)),
                ("applied_at", models.DateTimeField(null=True, verbose_name="applied at")),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tiktok.tiktokapp"
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook delivery",
                "verbose_name_plural": "webhook deliveries",
                "ordering": ["-received_at"],
            },
        ),
        migrations.CreateModel(
            name="WebhookRefusal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=40, verbose_name="reason")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "app",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tiktok.tiktokapp"
                    ),
                ),
            ],
            options={
                "verbose_name": "refused webhook",
                "verbose_name_plural": "refused webhooks",
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="InitReceipt",
            fields=[
                (
                    "submission",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="tiktok.submission",
                    ),
                ),
                ("publish_id", models.CharField(max_length=128)),
                (
                    "upload_url",
                    tiktok.models.fields.EncryptedTextField(default=None, editable=False, null=True, serialize=False),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tiktok.tiktokapp"
                    ),
                ),
            ],
            options={
                "verbose_name": "init receipt",
                "verbose_name_plural": "init receipts",
            },
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
            },
        ),
        migrations.AddIndex(
            model_name="media",
            index=models.Index(fields=["instance", "-created_at"], name="media_newest"),
        ),
        migrations.AddConstraint(
            model_name="media",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["checking", "ready", "refused"])), name="media_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="media",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["video", "photo"])), name="media_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="mediaupload",
            constraint=models.CheckConstraint(
                condition=models.Q(("offset__lte", models.F("size_bytes"))), name="upload_offset_within"
            ),
        ),
        migrations.AddField(
            model_name="workitem",
            name="instance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="instances.instance"
            ),
        ),
        migrations.AddConstraint(
            model_name="consentsnapshot",
            constraint=models.UniqueConstraint(
                condition=models.Q(("void_at", None)), fields=("post",), name="one_consent_in_force"
            ),
        ),
        migrations.AddConstraint(
            model_name="postmedia",
            constraint=models.UniqueConstraint(fields=("post", "position"), name="one_file_per_position"),
        ),
        migrations.AddConstraint(
            model_name="tiktokapp",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_from_environment", True)),
                fields=("is_from_environment",),
                name="one_environment_app",
            ),
        ),
        migrations.AddIndex(
            model_name="connectlink",
            index=models.Index(fields=["instance", "-created_at", "-id"], name="connect_link_newest"),
        ),
        migrations.AddConstraint(
            model_name="connectlink",
            constraint=models.CheckConstraint(
                condition=models.Q(("used_at", None), ("revoked_at", None), _connector="OR"),
                name="connect_link_used_or_revoked",
            ),
        ),
        migrations.AddIndex(
            model_name="tiktokcredential",
            index=models.Index(fields=["next_refresh_at"], name="credential_refresh_due"),
        ),
        migrations.AddConstraint(
            model_name="tiktokcredential",
            constraint=models.UniqueConstraint(fields=("app", "open_id"), name="one_credential_per_app_user"),
        ),
        migrations.AddConstraint(
            model_name="tiktokaccount",
            constraint=models.UniqueConstraint(fields=("instance", "credential"), name="one_link_per_instance"),
        ),
        migrations.AddConstraint(
            model_name="tiktokaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["active", "reconnect_needed", "disconnecting", "disconnected"])),
                name="account_status_known",
            ),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(fields=["credential", "commit_point_at"], name="submission_handed_over"),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(fields=["app", "init_answered_at"], name="submission_answered"),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)), fields=("post",), name="one_open_submission"
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.UniqueConstraint(fields=("post", "number"), name="submission_number"),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.UniqueConstraint(
                condition=models.Q(("publish_id", ""), _negated=True),
                fields=("app", "publish_id"),
                name="submission_publish_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_uploading", True)), fields=("credential",), name="one_upload_per_credential"
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(("sent_bytes__lte", models.F("video_size"))), name="sent_within_size"
            ),
        ),
        migrations.AddConstraint(
            model_name="ratewindow",
            constraint=models.UniqueConstraint(fields=("credential", "endpoint"), name="one_window_per_endpoint"),
        ),
        migrations.AddConstraint(
            model_name="tiktokoutage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("app", "kind"), name="one_open_outage"
            ),
        ),
        migrations.AddIndex(
            model_name="post",
            index=models.Index(fields=["instance", "-created_at", "-id"], name="post_newest"),
        ),
        migrations.AddIndex(
            model_name="post",
            index=models.Index(fields=["instance", "state", "-created_at"], name="post_by_state"),
        ),
        migrations.AddIndex(
            model_name="post",
            index=models.Index(fields=["account", "-created_at"], name="post_by_account"),
        ),
        migrations.AddIndex(
            model_name="post",
            index=models.Index(fields=["account", "state", "publish_at"], name="post_queue"),
        ),
        migrations.AddIndex(
            model_name="post",
            index=models.Index(
                condition=models.Q(("dismissed_at__isnull", False)),
                fields=["instance", "-created_at", "-id"],
                name="post_set_aside",
            ),
        ),
        migrations.AddIndex(
            model_name="post",
            index=models.Index(
                condition=models.Q(("published_at__isnull", False)),
                fields=["instance", "-published_at"],
                name="post_last_published",
            ),
        ),
        migrations.AddIndex(
            model_name="post",
            index=models.Index(
                condition=models.Q(("outage__isnull", False)), fields=["outage"], name="post_held_by_outage"
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.UniqueConstraint(fields=("instance", "idempotency_key"), name="post_idempotency"),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "draft",
                            "scheduled",
                            "due",
                            "initing",
                            "uploading",
                            "processing",
                            "in_inbox",
                            "published",
                            "waiting_account",
                            "needs_attention",
                            "failed",
                            "cancelled",
                        ],
                    )
                ),
                name="post_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "attention_reason__in",
                            ["missed", "options_changed", "media_changed", "bug", "outcome_unknown", "quarantined"],
                        ),
                        ("state", "needs_attention"),
                    ),
                    models.Q(models.Q(("state", "needs_attention"), _negated=True), ("attention_reason", "")),
                    _connector="OR",
                ),
                name="post_attention_has_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("next_attempt_at__isnull", False)), fields=["next_attempt_at"], name="delivery_due"
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["app", "-received_at"], name="delivery_newest_of_app"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["received_at"], name="delivery_age"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(fields=("app", "digest"), name="one_row_per_delivery"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "applied", "ignored", "given_up"])),
                name="delivery_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookrefusal",
            constraint=models.UniqueConstraint(fields=("app", "reason"), name="one_refusal_per_app_and_reason"),
        ),
        migrations.AddConstraint(
            model_name="webhookrefusal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("app", None)), fields=("reason",), name="one_refusal_without_app"
            ),
        ),
        migrations.AddConstraint(
            model_name="initreceipt",
            constraint=models.UniqueConstraint(fields=("app", "publish_id"), name="receipt_publish_id"),
        ),
        migrations.AddIndex(
            model_name="mediacheck",
            index=models.Index(fields=["turn_at"], name="media_check_turn"),
        ),
        migrations.AddIndex(
            model_name="workitem",
            index=models.Index(
                condition=models.Q(("next_action_at__isnull", False)), fields=["next_action_at"], name="work_due"
            ),
        ),
        migrations.AddIndex(
            model_name="workitem",
            index=models.Index(
                condition=models.Q(("next_action_at__isnull", False)),
                fields=["instance", "next_action_at"],
                name="work_due_of_instance",
            ),
        ),
    ]
