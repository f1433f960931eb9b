"""One fake arXiv and Hugging Face at the wire, for tests, for benches and for `papergram demo --live`.

    request -> wire (log, faults) -> server -> rss, api, oai, others: what the catalogue holds, in today's layouts

The rules are arXiv's own, from the sources of its services: arXiv/arxiv-feed 0e491fe, arXiv/arxiv-search 764d7eb,
arXiv/oaipmh 27ad99e. What they do wrong is done wrong here too.
"""
