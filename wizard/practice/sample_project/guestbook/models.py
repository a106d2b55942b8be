"""The guestbook's one table."""

from typing import Any

from django.db import models
from django.db.models.signals import post_delete
from django.dispatch import receiver

from guestbook import pictures


class Entry(models.Model):
    """What a visitor wrote."""

    name = models.CharField("your name", max_length=60)
    message = models.TextField("your message", max_length=1000)
    picture = models.FileField("a picture", upload_to=pictures.path, validators=[pictures.validate], blank=True)
    created = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ("-created", "-pk")
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.name}, {self.created:%Y-%m-%d}"

    @property
    def tint(self) -> int:
        """Which of the style sheet's six colours this visitor's initial gets."""
        return sum(self.name.encode()) % 6


@receiver(post_delete, sender=Entry)
def delete_picture(instance: Entry, **kwargs: Any) -> None:
    """Django leaves the files of deleted rows in place; a picture taken down must not stay reachable."""
    instance.picture.delete(save=False)
