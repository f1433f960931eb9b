"""Papergram: arXiv's new papers, with Chinese summaries, in Telegram.

A paper:    sources.* -> storage.papers.add
            jobs.prepare: subscriptions that are due -> digests.choose -> messages -> digest + deliveries
            delivery.outbox: claim -> send -> sent | retry at | gone | moved | uncertain
A command:  Update -> handlers.COMMANDS -> one storage call -> messages -> reply

Each stage finds its work by a query on state, so any of them may run in any order, twice, or after a crash.
"""
