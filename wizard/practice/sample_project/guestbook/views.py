"""The pages: entries, and a health check for machines."""

import logging

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from guestbook.forms import EntryForm
from guestbook.models import Entry

PER_PAGE = 10
log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
def entries(request: HttpRequest) -> HttpResponse:
    """Shows the newest entries, and takes a new one."""
    form = EntryForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Thank you! Your entry is in the book.")
        return redirect("entries")
    page = Paginator(Entry.objects.all(), PER_PAGE).get_page(request.GET.get("page"))
    status = 422 if form.is_bound else 200
    return render(request, "guestbook/entries.html", {"form": form, "page": page}, status=status)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, 503 when it does not. Why is in the log, not shown to strangers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        log.exception("the database does not answer")
        return HttpResponse("database unavailable\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")
