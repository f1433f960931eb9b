"""Keyboards as python-telegram-bot takes them, for answers and for the outbox."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from storage.records import Keyboard


def markup(keyboard: Keyboard) -> InlineKeyboardMarkup | None:
    """A keyboard, or nothing for one without buttons."""
    if not keyboard:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(b.label, url=b.url or None, callback_data=b.data or None) for b in row]
            for row in keyboard
        ]
    )
