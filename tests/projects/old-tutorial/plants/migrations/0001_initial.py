from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            "Plant",
            [
                ("id", models.AutoField(primary_key=True)),
                ("name", models.CharField(max_length=100)),
                ("owner", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)),
                ("planted", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            "Profile",
            [
                ("id", models.AutoField(primary_key=True)),
                ("user", models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)),
                ("picture", models.FileField(default="default.png")),
            ],
        ),
    ]
