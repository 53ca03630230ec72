CREATE SCHEMA IF NOT EXISTS hearth;
CREATE TABLE IF NOT EXISTS hearth.migration (
    number     int         PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);
