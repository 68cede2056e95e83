# Two stages, so that the image contains neither pip nor its cache.
FROM python:3.13-slim AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
# Anything but an empty value installs django-storages, for uploads in a bucket, and django-tasks-rq,
# for background tasks in Redis.
ARG S3=
ARG REDIS=
COPY requirements.txt requirements-s3.txt requirements-redis.txt ./
RUN pip install --require-hashes -r requirements.txt && \
    if [ -n "$S3" ]; then pip install --require-hashes -r requirements-s3.txt; fi && \
    if [ -n "$REDIS" ]; then pip install --require-hashes -r requirements-redis.txt; fi
COPY . .
# collectstatic needs the settings, which need secrets. Nothing is signed with these.
RUN random() { python -c "import secrets; print(secrets.token_urlsafe(48))"; } && \
    SECRET_KEY=$(random) JWT_SIGNING_KEY=$(random) ALLOWED_HOSTS=localhost \
    python manage.py collectstatic --noinput --verbosity 0


FROM python:3.13-slim

ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 PORT=8000 MEDIA_ROOT=/data/media MAIL_FOLDER=/data/mails
RUN useradd --system --uid 10001 --no-create-home shop && install -d -o shop /data/media /data/mails
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
USER 10001
EXPOSE 8000
VOLUME /data/media /data/mails
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=2)"]
CMD ["python", "manage.py", "serve"]
