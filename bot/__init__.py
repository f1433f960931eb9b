"""Papergram: arXiv's new papers, with Chinese summaries, in Telegram.

A paper:    jobs.collect, catch_up: sources.* -> storage.papers.add
            jobs.complete, summarise: what somebody will read -> summaries.* (asked, judged by the gate) -> storage
            jobs.prepare: subscriptions that are due -> digests.choose -> messages -> digest + deliveries
            delivery.outbox: claim -> send or edit -> sent | retry at | gone | moved | uncertain
            jobs.amend: a summary that came late -> the post gets another text; jobs.watch: faults -> the operator
A command:  Update -> handlers.COMMANDS -> one storage call -> messages -> reply

Each stage finds its work by a query on state, so any of them may run in any order, twice, or after a crash.
app.py runs it all; newsroom.py opens what fetches and writes, for the bot and for the terminal.
"""
