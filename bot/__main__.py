"""`python -m bot` is `papergram`."""

from bot.cli import main

main()
