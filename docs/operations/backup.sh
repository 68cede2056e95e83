#!/usr/bin/env bash
# Back up a running shop: `backup.sh FOLDER` writes FOLDER/<time in UTC>, and prints its name.
#
# Needs the environment variables of the shop (DATABASE_URL, MEDIA_ROOT), and for PostgreSQL pg_dump
# of the server's version or a newer one. The files are copied after the database, so that every
# image of the dump is among them. Uploads in a bucket have to be backed up there.
set -euo pipefail
umask 077
shop=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-$shop/.venv/bin/python}
database=${DATABASE_URL:-sqlite:///$shop/db.sqlite3}
media=${MEDIA_ROOT:-$shop/media}
target=$1/$(date -u +%Y%m%dT%H%M%SZ)

mkdir -p "$1"
mkdir "$target.part"
case $database in
postgres*) pg_dump --format=custom --no-owner --file="$target.part/database" --dbname="$database" ;;
*)
    "$python" -c "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=60).execute('VACUUM INTO ?', sys.argv[2:])" \
        "${database#sqlite:///}" "$target.part/database"
    ;;
esac
if [ -d "$media" ]; then
    # A file that is deleted meanwhile is no error: its image was deleted too.
    tar --create --gzip --file="$target.part/media.tar.gz" --directory="$media" . || [ $? = 1 ]
fi
mv "$target.part" "$target" # only a complete backup has its final name
echo "$target"
