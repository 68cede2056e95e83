"""The admin of messages: read-only, except that messages that have ended can be sent again."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django_tasks_db.models import DBTaskResult

from shop.core.admin import ReadOnlyAdmin, Work
from shop.mail.models import Message
from shop.mail.sending import send_again

# The queue is only a trigger: messages show what happened. A page of tasks would show tracebacks.
admin.site.unregister(DBTaskResult)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Messages, newest first."""

    list_display = (
        *("id", "template", "recipient", "language", "status", "attempts"),
        *("next_attempt_at", "ended_at", "last_error"),
    )
    list_filter = ("status", "template", "language")
    search_fields = ("recipient", "message_id")
    search_help_text = "The number of a message or an event, order:7, user:3 or a Message-ID."
    number_fields = ("pk", "event_id")
    actions = ("send_again",)

    @admin.action(description="Send selected messages again", permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> HttpResponse | None:
        """Send messages that have ended again; refuse those that wait."""
        return self.act(request, queryset, "sent again", Work(send_again))
