from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tiktok", "0014_outages")]

    operations = [
        migrations.AddField(
            model_name="tiktokcredential",
            name="revoke_asked_version",
            field=models.PositiveBigIntegerField(null=True),
        ),
    ]
