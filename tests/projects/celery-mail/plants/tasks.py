from celery import shared_task

from plants.models import Plant


@shared_task
def sow(name):
    Plant.objects.create(name=name)
