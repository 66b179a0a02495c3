-- As SQLite's migration 0019, where it is explained.

ALTER TABLE circulation_log ADD COLUMN undoes BIGINT NOT NULL DEFAULT 0 CHECK (undoes IN (0, 1));
