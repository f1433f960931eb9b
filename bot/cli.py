"""The `papergram` commands: thin, each says what it does and leaves the doing to a room."""

import asyncio
import json
import sys
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from bot.config import Settings, load
from bot.errors import OperatorMistake
from bot.secrecy import hide, set_up_logging

if TYPE_CHECKING:
    from bot.sources.archive import Refusal

cli = typer.Typer(
    name="papergram",
    help="arXiv's new papers, with Chinese summaries, in Telegram.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, the token among them
)
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="The configuration, a TOML file.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port of the page, on 127.0.0.1.")]


class Format(StrEnum):
    """What `export` can write."""

    MARKDOWN = "markdown"
    JSONL = "jsonl"


@cli.command()
def run(config: Config = None) -> None:
    """Run the bot."""
    from bot import app  # noqa: PLC0415  # python-telegram-bot takes a second to load; other commands do without

    asyncio.run(app.run(_settings(config)))


@cli.command()
def demo(
    config: Config = None,
    port: Port = 8088,
    keep: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the database and the chats here.")] = None,
) -> None:
    """Try the bot in the browser: no token, no network, no model."""
    from bot import demo as demo_  # noqa: PLC0415  # as in `run`

    asyncio.run(demo_.run(_settings(config, quiet=True), port, keep))


@cli.command()
def sandbox(config: Config = None, port: Port = 8088) -> None:
    """Run only the local Bot API server with its page, for a bot of your own."""
    from bot import demo as demo_  # noqa: PLC0415  # as in `run`

    _settings(config, quiet=True)
    asyncio.run(demo_.run_sandbox(port))


@cli.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Digests, archives, or folders of them.")],
    config: Config = None,
    search_only: Annotated[bool, typer.Option(help="The papers can be found, but are never posted.")] = False,
) -> None:
    """Store the papers of Markdown digests and of JSON archives."""
    from bot import importing  # noqa: PLC0415  # as in `run`

    settings = _settings(config, quiet=True)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("import", total=None)
        watcher = importing.Watcher(
            refused=lambda each: bar.console.print(_refused(each), markup=False, highlight=False, soft_wrap=True),
            progress=lambda read, total: bar.update(task, completed=read, total=total),
        )
        work = importing.run(settings.storage.url, paths, watcher, post=not search_only, now=datetime.now(UTC))
        tally = asyncio.run(work)
    typer.echo(tally.report())
    if not tally.changes:
        raise typer.Exit(1)


@cli.command()
def export(
    config: Config = None,
    format_: Annotated[Format, typer.Option("--format", help="The reference format, or one record a line.")] = (
        Format.MARKDOWN
    ),
    day: Annotated[str, typer.Option("--date", metavar="YYYY-MM-DD", help="Papers announced on that day.")] = "",
    query: Annotated[str, typer.Option(help="Papers that match a query.")] = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Not to the terminal.")] = None,
) -> None:
    """Write stored papers: all, those of a day, or those that match a query."""
    from bot import exporting  # noqa: PLC0415  # as in `run`

    if day and query:
        raise typer.BadParameter("takes --date or --query, not both")
    settings = _settings(config, quiet=True)
    wanted = exporting.Wanted(format_.value, _day(day), query)
    number = asyncio.run(exporting.run(settings.storage.url, wanted, output))
    typer.echo(f"{number} papers written", err=True)


@cli.command()
def search(
    query: Annotated[str, typer.Argument(help="Words in Chinese or English, a category, or both.")],
    config: Config = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The most papers to list.")] = 10,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Search the stored papers, as /search does in the chat."""
    from bot import exporting  # noqa: PLC0415  # as in `run`

    settings = _settings(config, quiet=True)
    found = asyncio.run(exporting.find(settings.storage.url, query, limit))
    typer.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=2) if json_ else found.as_text())


@cli.command()
def health(config: Config = None) -> None:
    """Tell whether a bot is at work on this database; exit code 1 if not."""
    from bot import app  # noqa: PLC0415  # as in `run`

    asyncio.run(app.check_health(_settings(config, quiet=True).storage.url))
    typer.echo("The bot is running.")


def main() -> None:
    """The entry point: every failure is one sentence on standard error."""
    try:
        cli(standalone_mode=True)
    except OperatorMistake as error:
        typer.echo(hide(str(error), ""), err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        typer.echo(hide(f"Internal error ({type(error).__name__}): {error}", ""), err=True)
        sys.exit(70)


def _settings(config: Path | None, *, quiet: bool = False) -> Settings:
    settings = load(config)
    level = "WARNING" if quiet and settings.log.level == "INFO" else settings.log.level
    set_up_logging(level, settings.telegram.secret)
    return settings


def _refused(each: "Refusal") -> str:
    return f"refused: {each.where}: {each.reason}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day such as 2024-03-20", param_hint="--date") from None
