# ruff: noqa: RUF012  (class attributes, as Django reads them)
from django import forms

from guestbook.models import Entry


class EntryForm(forms.ModelForm):
    """What a visitor fills in."""

    class Meta:
        model = Entry
        fields = ("name", "message", "picture")
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "message": forms.Textarea(attrs={"rows": 4}),
            "picture": forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/gif,image/webp"}),
        }
        help_texts = {"picture": "Optional. PNG, JPEG, GIF or WebP."}
