# ruff: noqa: RUF012  (class attributes, as Django reads them)
from django.db import migrations, models

import guestbook.pictures


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("name", models.CharField(max_length=60, verbose_name="your name")),
                ("message", models.TextField(max_length=1000, verbose_name="your message")),
                (
                    "picture",
                    models.FileField(
                        blank=True,
                        upload_to=guestbook.pictures.path,
                        validators=[guestbook.pictures.validate],
                        verbose_name="a picture",
                    ),
                ),
                ("created", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
            options={"verbose_name_plural": "entries", "ordering": ("-created", "-pk")},
        ),
    ]
