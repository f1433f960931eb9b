"""The `papergram` commands: thin, each says what it does and leaves the doing to a room."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from bot.config import Settings, load
from bot.errors import OperatorMistake
from bot.papers import taxonomy
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
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for a program to read.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port of the page, on 127.0.0.1.")]


class Format(StrEnum):
    """What `export` can write."""

    MARKDOWN = "markdown"
    JSONL = "jsonl"
    RSS = "rss"
    BIBTEX = "bibtex"
    RIS = "ris"
    CSV = "csv"
    JSON = "json"


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
    live: Annotated[bool, typer.Option("--live", help="Live through three days of arXiv in two minutes.")] = False,
) -> None:
    """Try the bot in the browser: no token, no network, no model."""
    from bot import demo as demo_  # noqa: PLC0415  # as in `run`
    from bot import live as live_  # noqa: PLC0415  # as in `run`

    settings = _settings(config, quiet=True)
    if live and settings.log.level == "INFO":
        set_up_logging("CRITICAL", settings.secrets)  # the story has faults on purpose, and tells of them itself
    asyncio.run((live_ if live else demo_).run(settings, port, keep))


@cli.command()
def sandbox(config: Config = None, port: Port = 8088) -> None:
    """Run only the local Bot API server with its page, for a bot of your own."""
    from bot import demo as demo_  # noqa: PLC0415  # as in `run`

    _settings(config, quiet=True)
    asyncio.run(demo_.run_sandbox(port))


@cli.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files of any source, or folders of them.")],
    config: Config = None,
    search_only: Annotated[bool, typer.Option(help="The papers can be found, but are never posted.")] = False,
) -> None:
    """Store the papers of digests, archives, and saved answers of arXiv and Hugging Face."""
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
    format_: Annotated[Format, typer.Option("--format", help="The reference format, JSON lines, or a feed.")] = (
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
    typer.echo("1 paper written" if number == 1 else f"{number} papers written", err=True)


@cli.command(context_settings={"ignore_unknown_options": True})  # a query may begin with a minus
def search(
    query: Annotated[str, typer.Argument(help="Words in Chinese or English, a category, or both.")],
    config: Config = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The most papers to list.")] = 10,
    json_: AsJson = False,
) -> None:
    """Search the stored papers, as /search does in the chat."""
    from bot import exporting  # noqa: PLC0415  # as in `run`
    from bot.papers import asked  # noqa: PLC0415  # as in `run`

    if asked.parse(query).online:
        typer.echo("The terminal searches the stored papers only: arXiv is asked by /search in the chat.", err=True)
    settings = _settings(config, quiet=True)
    found = asyncio.run(exporting.find(settings.storage.url, query, limit))
    _tell(found.as_json() if json_ else found.as_text())


@cli.command()
def fetch(
    config: Config = None,
    category: Annotated[
        list[str] | None, typer.Option(metavar="C", help="Only this category; may be repeated.")
    ] = None,
    days: Annotated[int, typer.Option(min=0, max=90, help="Also what was announced so many days back.")] = 0,
    json_: AsJson = False,
) -> None:
    """Fetch what arXiv and the other sources have announced, now."""
    from bot import reporting  # noqa: PLC0415  # as in `run`

    chosen = [_category(each) for each in category or []]
    settings = _settings(config, quiet=True)
    with _progress("fetch") as told:
        fetched = asyncio.run(reporting.fetch(settings, chosen, days, told))
    _tell(fetched.as_json() if json_ else fetched.as_text())
    if fetched.has_failed:
        raise typer.Exit(1)


@cli.command()
def summarise(
    config: Config = None,
    limit: Annotated[int | None, typer.Option(min=1, help="The most papers.")] = None,
    json_: AsJson = False,
) -> None:
    """Have the papers summarised that somebody will read, best first."""
    from bot import reporting  # noqa: PLC0415  # as in `run`

    settings = _settings(config, quiet=True)
    with _progress("summarise") as told:
        ended = asyncio.run(reporting.summarise(settings, limit, told))
    if not ended:
        typer.echo("No subscription matches a paper without a summary.", err=True)
    counts = {each: ended[each] for each in ("good", "draft", "later")}
    _tell(counts if json_ else "\n".join(f"{name:<6} {number:>6}" for name, number in counts.items()))


@cli.command(context_settings={"ignore_unknown_options": True})  # a group's id begins with a minus
def digest(
    chat: Annotated[int, typer.Option(metavar="C", help="The chat's id.")],
    config: Config = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be sent, and send nothing.")] = False,
    json_: AsJson = False,
) -> None:
    """Post the newest digest of a chat's subscriptions, or print it."""
    from bot import reporting  # noqa: PLC0415  # as in `run`

    messages = asyncio.run(reporting.digest(_settings(config, quiet=True), chat, dry_run=dry_run))
    if not dry_run:
        typer.echo("It is asked for; the running bot posts it.", err=True)
    elif json_:
        _tell({"messages": messages})
    else:
        _tell("\n\n---\n\n".join(messages))


@cli.command()
def status(config: Config = None, json_: AsJson = False) -> None:
    """Show the sources, the papers, the queue, the cost and what is wrong."""
    from bot import reporting  # noqa: PLC0415  # as in `run`

    shown = asyncio.run(reporting.status(_settings(config, quiet=True)))
    _tell(shown.as_json() if json_ else shown.as_text())


@cli.command()
def check(config: Config = None, json_: AsJson = False) -> None:
    """Try everything that the bot needs: configuration, token, rights, arXiv, each model."""
    from bot import checking  # noqa: PLC0415  # as in `run`

    async def tell() -> list[checking.Check]:
        done = []
        async for each in checking.checks(settings):
            done.append(each)
            if not json_:
                typer.echo(hide(str(each), settings.secrets))
        return done

    settings = _settings(config, quiet=True)
    done = asyncio.run(tell())
    if json_:
        _tell([{"name": each.name, "ok": each.is_ok, "advice": each.advice} for each in done])
    if not all(each.is_ok for each in done):
        raise typer.Exit(1)


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
        typer.echo(hide(str(error)), err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        typer.echo(hide(f"Internal error ({type(error).__name__}): {error}"), err=True)
        sys.exit(70)


def _tell(what: object) -> None:
    typer.echo(what if isinstance(what, str) else json.dumps(what, ensure_ascii=False, indent=2))


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error while something lasts; called with how many are done, of how many."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _category(name: str) -> str:
    found = taxonomy.canonical(name)
    if not found or not taxonomy.is_category(found):
        raise typer.BadParameter(f"{name!r} is no category of arXiv such as cs.LG", param_hint="--category")
    return found


def _settings(config: Path | None, *, quiet: bool = False) -> Settings:
    settings = load(config)
    level = "WARNING" if quiet and settings.log.level == "INFO" else settings.log.level
    set_up_logging(level, settings.secrets)
    return settings


def _refused(each: "Refusal") -> str:
    return f"refused: {each.where}: {each.reason}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day such as 2024-03-20", param_hint="--date") from None
