from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trunks", "0007_what_a_plan_leaves_out")]

    operations = [
        migrations.AddField(
            model_name="change", name="seen_at", field=models.DateTimeField(null=True)
        ),
    ]
