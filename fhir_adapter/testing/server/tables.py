"""Owns the tables of the store's database.

`version` holds every version; `current` one row per resource: its newest version, and the one that searches see
(`shown`). `pending` holds commits that are not shown yet. The other tables are search rows of shown resources.
"""

from __future__ import annotations

TABLES = """
CREATE TABLE IF NOT EXISTS version (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
    updated INTEGER NOT NULL, method TEXT NOT NULL, body TEXT);
CREATE TABLE IF NOT EXISTS current (
    key INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
    seq INTEGER NOT NULL, updated INTEGER NOT NULL, deleted INTEGER NOT NULL,
    shown INTEGER, shown_updated INTEGER, shown_deleted INTEGER, indexed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (type, id));
CREATE INDEX IF NOT EXISTS version_of ON version (type, id, version);
CREATE INDEX IF NOT EXISTS current_updated ON current (type, shown_updated, key);
CREATE INDEX IF NOT EXISTS current_unindexed ON current (type) WHERE indexed = 0;
CREATE TABLE IF NOT EXISTS pending (visible INTEGER NOT NULL, seq INTEGER NOT NULL, key INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS token (param TEXT, code TEXT, system TEXT, key INTEGER);
CREATE TABLE IF NOT EXISTS date (param TEXT, low INTEGER, high INTEGER, key INTEGER);
CREATE TABLE IF NOT EXISTS string (param TEXT, value TEXT, key INTEGER);
CREATE TABLE IF NOT EXISTS reference (param TEXT, id TEXT, type TEXT, url TEXT, key INTEGER);
CREATE TABLE IF NOT EXISTS quantity (param TEXT, value REAL, system TEXT, code TEXT, key INTEGER);
CREATE INDEX IF NOT EXISTS token_value ON token (code, param, system, key);
CREATE INDEX IF NOT EXISTS token_key ON token (key);
CREATE INDEX IF NOT EXISTS date_value ON date (param, low, high, key);
CREATE INDEX IF NOT EXISTS date_key ON date (key);
CREATE INDEX IF NOT EXISTS string_value ON string (param, value, key);
CREATE INDEX IF NOT EXISTS string_key ON string (key);
CREATE INDEX IF NOT EXISTS reference_value ON reference (id, param, type, key);
CREATE INDEX IF NOT EXISTS reference_key ON reference (key);
CREATE INDEX IF NOT EXISTS quantity_value ON quantity (param, value, key);
CREATE INDEX IF NOT EXISTS quantity_key ON quantity (key);
"""
