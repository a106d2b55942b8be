from django.contrib import admin
from django.http import HttpResponse
from django.urls import path

from plants.models import Plant


def home(request):
    return HttpResponse(f"<html><head><title>Garden</title></head><body>{Plant.objects.count()} plants</body></html>")


urlpatterns = [path("", home), path("admin/", admin.site.urls)]
