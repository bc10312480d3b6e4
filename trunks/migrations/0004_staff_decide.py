from importlib import import_module

from django.db import migrations


def make_groups(apps, schema_editor):
    import_module("trunks.migrations.0002_staff_groups").make_groups(apps, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("trunks", "0003_many_hands_on_changes")]
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
