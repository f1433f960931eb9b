# Two stages: the first builds an environment from the locked versions, the second holds only that.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.txt ./
RUN python -m venv /opt/papergram \
    && /opt/papergram/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY storage ./storage
RUN /opt/papergram/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
# The picture of /stats is written in Chinese.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
# The database lives on the volume; the program runs as nobody in particular.
RUN useradd --system --uid 10001 papergram && install --directory --owner papergram /data
COPY --from=build /opt/papergram /opt/papergram
ENV PATH=/opt/papergram/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    PAPERGRAM_STORAGE__URL=sqlite:////data/papers.db
USER 10001
WORKDIR /data
VOLUME /data
# Healthy: the bot wrote its sign of life within the last two minutes.
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s CMD ["papergram", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["papergram"]
CMD ["run"]
