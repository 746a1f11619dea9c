from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_find_lines_about_a_target"),
    ]

    operations = [
        migrations.CreateModel(
            name="LimitEntry",
            fields=[
                ("key", models.CharField(max_length=250, primary_key=True, serialize=False)),
                ("value", models.TextField()),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "verbose_name": "limit",
                "verbose_name_plural": "limits",
            },
        ),
        # The table of the cache before it, which held pickled values and kept 300 of them.
        migrations.RunSQL("DROP TABLE IF EXISTS django_cache", migrations.RunSQL.noop),
    ]
