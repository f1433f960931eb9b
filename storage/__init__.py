"""What Papergram remembers: papers, chats, subscriptions and the outbox. Knows nothing of HTTP or Telegram."""
