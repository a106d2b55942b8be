from django.contrib import admin
from django.core.cache import cache
from django.http import HttpResponse
from django.urls import path

from plants.models import Plant
from plants.tasks import sow


def home(request):
    cache.set("seen", "yes", 60)
    names = " ".join(Plant.objects.values_list("name", flat=True).distinct())
    return HttpResponse(f"<html><head><title>Garden</title></head><body>{names} {cache.get('seen')}</body></html>")


def queue(request):
    sow.delay("queued")
    return HttpResponse("queued")


urlpatterns = [path("", home), path("queue/", queue), path("admin/", admin.site.urls)]
