from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

from trunks.domain.actor import STAFF_ROLES


def make_groups(apps, schema_editor):
    """Staff's roles as groups; their permissions must exist before they can be given."""
    create_permissions(installed.get_app_config("trunks"), verbosity=0, apps=apps)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for role, rights in STAFF_ROLES.items():
        group, _ = Group.objects.get_or_create(name=f"Staff {role}")
        group.permissions.set(
            Permission.objects.filter(content_type__app_label="trunks", codename__in=rights)
        )


class Migration(migrations.Migration):
    dependencies = [
        ("trunks", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
