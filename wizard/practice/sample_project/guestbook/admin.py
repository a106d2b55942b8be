from django.contrib import admin

from guestbook.models import Entry

admin.site.site_header = admin.site.site_title = "Guestbook"


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    list_display = ("name", "message", "created", "picture")
    list_filter = ("created",)
    search_fields = ("name", "message")
    readonly_fields = ("created",)
