"""How queued messages reach Telegram."""
