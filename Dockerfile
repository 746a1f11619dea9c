# One image for web, worker, beat and migrations; the target "simulator" (profile dev) holds the simulated TikTok alone.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt
COPY manage.py LICENSE NOTICE ./
COPY config config/
COPY core core/
COPY accounts accounts/
COPY instances instances/
COPY tiktok tiktok/
COPY templates templates/
COPY static static/
COPY locale locale/
# Hashed and compressed once, here. The secrets that the embedded settings make on first start stay out of the image.
RUN DATA_DIR=/tmp/build /venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && mv /tmp/build/static staticfiles && rm -rf /tmp/build
# Code for demos and tests is not part of the product.
RUN mv tiktok/simulator /simulator \
    && rm -r tiktok/demo tiktok/management/commands/demo.py tiktok/management/commands/tiktok_simulator.py

FROM python:3.11-slim-bookworm AS base
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production DATA_DIR=/data
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin clipdesk \
    && install -d -o clipdesk -g clipdesk -m 0700 /data
COPY --from=build /venv /venv
WORKDIR /app
USER clipdesk
VOLUME /data

FROM base AS simulator
COPY --from=build /app/tiktok/__init__.py tiktok/__init__.py
COPY --from=build /simulator tiktok/simulator/

FROM base
COPY --from=build /app /app
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "-m", "core.serving.healthcheck"]
CMD ["python", "manage.py", "serve", "--bind", "0.0.0.0:8000", "--processes", "2"]
