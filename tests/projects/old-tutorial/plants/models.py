from django.contrib.auth.models import User
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver


class Plant(models.Model):
    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=100)
    owner = models.ForeignKey(User, on_delete=models.CASCADE)
    planted = models.DateTimeField(auto_now_add=True)


class Profile(models.Model):
    id = models.AutoField(primary_key=True)
    user = models.OneToOneField(User, on_delete=models.CASCADE)
    picture = models.FileField(default="default.png")

    def save(self, *args, **options):
        super().save(*args, **options)
        self.picture.open().read(1)


@receiver(post_save, sender=User)
def make_profile(instance, created, **_):
    if created:
        Profile.objects.create(user=instance)
