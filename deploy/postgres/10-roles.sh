#!/bin/bash
# Runs once, when the database is made. The image's POSTGRES_USER is a superuser, whom row-level security does not
# bind, so it is used for nothing else: clipdesk_owner owns the tables and migrates, clipdesk_app reads and writes rows.
set -euo pipefail
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  -v owner_password="$OWNER_PASSWORD" -v app_password="$APP_PASSWORD" -v database="$POSTGRES_DB" <<'SQL'
CREATE ROLE clipdesk_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE clipdesk_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'app_password';
ALTER DATABASE :"database" OWNER TO clipdesk_owner;
ALTER SCHEMA public OWNER TO clipdesk_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO clipdesk_app;
ALTER DEFAULT PRIVILEGES FOR ROLE clipdesk_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO clipdesk_app;
ALTER DEFAULT PRIVILEGES FOR ROLE clipdesk_owner IN SCHEMA public
  GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO clipdesk_app;
SQL
