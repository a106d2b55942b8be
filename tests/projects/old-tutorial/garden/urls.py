import logging

from django.conf import settings
from django.contrib import admin
from django.http import HttpResponse
from django.urls import path

from plants.models import Plant, Profile


def home(request):
    logging.getLogger("garden").info("somebody came")
    atomic = settings.DATABASES["default"]["ATOMIC_REQUESTS"]
    names = ", ".join(f"{plant.name} of {plant.owner}, {plant.planted:%Y}" for plant in Plant.objects.all())
    return HttpResponse(f"<html><body>{names}; {Profile.objects.count()} profiles; atomic: {atomic}</body></html>")


urlpatterns = [path("", home), path("admin/", admin.site.urls)]
