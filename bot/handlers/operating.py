"""What only who runs the bot may see: /status."""

from bot.errors import UserMistake
from bot.handlers.turn import Turn
from bot.messages import status as pages


async def status(turn: Turn) -> None:
    """`/status`: sources, papers, queue, cost, faults."""
    if not turn.deps.operator or turn.deps.operator not in {turn.chat.id, turn.user_id}:
        raise UserMistake("operator_only")
    await turn.say(pages.page(await turn.desk.status(), turn.chat))
