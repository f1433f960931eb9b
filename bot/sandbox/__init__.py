"""A local Bot API server as strict as Telegram, for `papergram demo` and for the tests.

The bot calls    server -> calls -> methods.* -> world         the Bot API, with Telegram's own error texts
A person acts    server -> control.* -> world -> updates       what the page in the browser and the tests do
"""
