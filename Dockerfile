# The console in one image; web, worker and beat differ in their command only (see compose.yaml).

FROM node:22-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY manage.py ./
COPY c8yadmin c8yadmin
COPY sdk sdk
COPY templates templates
COPY static static
COPY --from=packages /app/node_modules node_modules
# The keys that a first start makes for itself must not end up in the image.
RUN C8YADMIN_DATA_DIR=/tmp/build /venv/bin/python manage.py collectstatic --no-input && rm -rf node_modules
# Its user may not write beside the code, so every start would compile it anew.
RUN /venv/bin/python -m compileall -q --invalidation-mode unchecked-hash c8yadmin sdk

FROM python:3.13-slim AS console
RUN useradd --system --uid 10001 --home-dir /data --create-home c8yadmin && \
    install -d -o c8yadmin -m 700 /data/exports
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    C8YADMIN_DATA_DIR=/data
USER c8yadmin
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s CMD ["python", "-m", "c8yadmin.health"]
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0"]

# A Cumulocity microservice, see docs/microservice.md: one container, which must listen on port 80. A user who
# is not root may only with this copy of Python, which opens the port, and starts all else with the other one.
FROM console AS microservice
USER root
RUN apt-get update && apt-get install --yes --no-install-recommends libcap2-bin && \
    cp "$(readlink -f /venv/bin/python)" /venv/bin/doorkeeper && \
    setcap cap_net_bind_service=+ep /venv/bin/doorkeeper && \
    apt-get purge --yes --auto-remove libcap2-bin && rm -rf /var/lib/apt/lists/*
USER c8yadmin
EXPOSE 80
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-m", "c8yadmin.health", "80"]
CMD ["doorkeeper", "-m", "c8yadmin.microservice"]

FROM console
