"""What a reader sees: records to Telegram HTML and keyboards, as plain values. Pure; the wording is in templates/."""
