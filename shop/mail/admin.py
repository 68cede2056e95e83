"""The admin of messages, which is read-only apart from sending again, and of their texts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult

from orders.admin_parts import Step
from orders.admin_with_steps import WithSteps
from shop.core.admin import ShopModelAdmin, Waiting, Work
from shop.core.language_codes import shop_languages
from shop.core.translation_forms import TranslationsFormField
from shop.mail.models import MailText, Message
from shop.mail.names import name_of, recipient_of, with_recipients
from shop.mail.samples import sample
from shop.mail.sending import send_again
from shop.mail.states import MessageStatus
from shop.mail.texts import (
    SHARED_WORDS,
    WORDS,
    check_texts,
    members_of,
    placeholders_of,
    translatable_templates,
)
from shop.mail.views import show_message

# The queue is only a trigger: messages show what happened. A page of tasks would show tracebacks.
admin.site.unregister(DBTaskResult)


class KindFilter(admin.AllValuesFieldListFilter):
    """Filters by the kind of message, by its name."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Yield the choices with names instead of templates."""
        for choice in super().choices(changelist):
            yield {**choice, "display": name_of(str(choice["display"]))}


def _failed_lately() -> dict[str, Any]:
    """Return the conditions of messages that failed lately, which their index by time finds."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=3)
    return {"status__exact": MessageStatus.FAILED, "ended_at__gte": since}


@admin.register(Message)
class MessageAdmin(WithSteps):
    """Messages, newest first."""

    list_display = (
        *("id", "kind", "shown_recipient", "language", "status", "attempts"),
        *("next_attempt_at", "ended_at", "last_error"),
    )
    list_filter = ("status", ("template", KindFilter), "language")
    search_fields = ("recipient", "message_id")
    search_help_text = _("The number of a message or an event, order:7, user:3 or a Message-ID.")
    number_fields = ("pk", "event_id")
    readonly_fields = ("kind", "shown_recipient")
    waiting = (Waiting(_("Messages that failed in the last three days"), _failed_lately),)
    actions = ("send_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Read the numbers of orders and the names of users in the same statement."""
        return with_recipients(super().get_queryset(request))

    @admin.display(description=_("Message"), ordering="template")
    def kind(self, message: Message) -> str:
        """Return the name of the kind of message."""
        return name_of(message.template)

    @admin.display(description=_("Recipient"), ordering="recipient")
    def shown_recipient(self, message: Message) -> str:
        """Return whose address it is, by the number of the order or the username."""
        return recipient_of(message)

    def offered(self, request: HttpRequest, row: Message) -> Iterator[Step]:
        """Yield the step that sends a message again that has ended."""
        if row.ended_at is not None and self.has_change_permission(request):
            url = reverse("admin:shop_mail_message_send_again", args=[row.pk])
            yield Step(gettext("Send again"), url)

    def get_urls(self) -> list[URLPattern]:
        """Add the page that sends a message again."""
        view = self.admin_site.admin_view(self.send_again_view)
        again = path("<int:pk>/send-again/", view, name="shop_mail_message_send_again")
        return [again, *super().get_urls()]

    def send_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether a message shall be sent again; if the form was sent, do it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        return self.act_on_one(request, row, "sent again", Work(send_again))

    @admin.action(description=_("Send selected messages again"), permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> HttpResponse | None:
        """Send messages that have ended again; refuse those that wait."""
        return self.act(request, queryset, "sent again", Work(send_again))


class MailTextForm(forms.ModelForm[MailText]):
    """The texts of a message in each language, or the words of all messages."""

    class Meta:
        model = MailText
        fields = ("template", "translations")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the templates without texts, or the texts of the template."""
        super().__init__(*args, **kwargs)
        if "template" in self.fields:
            used = set(MailText.objects.values_list("template", flat=True))
            free = [name for name in (*translatable_templates(), WORDS) if name not in used]
            self.fields["template"] = forms.ChoiceField(
                choices=[(name, name_of(name)) for name in free]
            )
        if "translations" in self.fields:
            self.fields["translations"] = _texts_field(self.instance.template)

    def clean_translations(self) -> Any:
        """Refuse placeholders that the message does not have."""
        check_texts(self.instance.template, self.cleaned_data["translations"])
        return self.cleaned_data["translations"]


def _texts_field(template: str) -> TranslationsFormField:
    names = ", ".join(f"{{{name}}}" for name in placeholders_of(template))
    return TranslationsFormField(
        members=members_of(template),
        languages=shop_languages(),
        label=_("Texts"),
        originals={"words": _words} if template == WORDS else {},
        help_text=f"An empty field: the shop's own text, or English. It may contain {names}.",
    )


def _words(language: str) -> list[str]:
    """Return the words as messages in a language have them."""
    with override(language):
        return list(dict.fromkeys(gettext(word) for word in SHARED_WORDS))


@admin.register(MailText)
class MailTextAdmin(ShopModelAdmin):
    """The texts of messages, with a preview in each language."""

    form = MailTextForm
    list_display = ("__str__", "languages")
    ordering: ClassVar[tuple[str, ...]] = ("template",)
    actions = None

    def get_fields(self, request: HttpRequest, obj: MailText | None = None) -> tuple[str, ...]:
        """Ask for the template first, since it decides which texts there are."""
        return ("template", "translations", "previews") if obj else ("template",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: MailText | None = None
    ) -> tuple[str, ...]:
        """Let the template of texts that exist stay."""
        return ("template", "previews") if obj else ()

    def get_urls(self) -> list[URLPattern]:
        """Add the preview."""
        view = self.admin_site.admin_view(self.preview_view)
        pattern = "<int:pk>/preview/<str:language>/"
        return [path(pattern, view, name="shop_mail_mailtext_preview"), *super().get_urls()]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """Go on with the texts of the template."""
        data = request.POST.copy()
        data["_continue"] = "1"
        request.POST = data  # type: ignore[assignment] # the admin reads it
        return super().response_add(request, obj, post_url_continue)

    def preview_view(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        """Return the message with sample data, as it was saved last."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = MailText.objects.filter(pk=pk).first()
        if row is None or language not in shop_languages():
            raise Http404
        template = "order_placed" if row.template == WORDS else row.template
        return show_message(sample(template, language).html)

    @admin.display(description=_("Previews"))
    def previews(self, row: MailText) -> str:
        """Return a link to the preview in each language."""
        name = "admin:shop_mail_mailtext_preview"
        links = ((reverse(name, args=[row.pk, code]), text) for code, text in self._languages())
        return format_html_join(" · ", '<a href="{}" target="_blank">{}</a>', links)

    @admin.display(description=_("In"))
    def languages(self, row: MailText) -> str:
        """Return the codes of the languages."""
        return ", ".join(sorted(row.translations)) or "–"

    def _languages(self) -> list[tuple[str, str]]:
        return list(shop_languages().items())
