from django.http import JsonResponse
from django.urls import path

from plants.models import Plant

urlpatterns = [path("api/plants/", lambda request: JsonResponse({"plants": Plant.objects.count()}))]
