#!/usr/bin/env bash
# Restore a backup: `restore.sh FOLDER/<time>`, with a folder that backup.sh has written.
#
# Stop servers and workers first. The database must exist and be empty (PostgreSQL), or its file must
# not exist (SQLite). Needs the environment variables of the shop, and for PostgreSQL pg_restore.
# Afterwards the migrations of this release are applied, and `audit` checks the data.
set -euo pipefail
umask 077
shop=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-$shop/.venv/bin/python}
database=${DATABASE_URL:-sqlite:///$shop/db.sqlite3}
media=${MEDIA_ROOT:-$shop/media}

case $database in
postgres*)
    # In one transaction: it is restored completely, or not at all.
    pg_restore --exit-on-error --single-transaction --no-owner --dbname="$database" "$1/database"
    ;;
*)
    file=${database#sqlite:///}
    if [ -e "$file" ]; then
        echo "$file exists: move it and its -wal and -shm files away first" >&2
        exit 1
    fi
    cp "$1/database" "$file"
    ;;
esac
if [ -f "$1/media.tar.gz" ]; then
    mkdir -p "$media"
    tar --extract --gzip --file="$1/media.tar.gz" --directory="$media"
fi
"$python" "$shop/manage.py" migrate --verbosity 0
"$python" "$shop/manage.py" renew_catalog_revision
"$python" "$shop/manage.py" audit
