-- Whether a loan that is undone may have left its tag open: then the row ends with the staff. Frozen.
ALTER TABLE transactions ADD COLUMN tag_open INTEGER NOT NULL DEFAULT 0 CHECK (tag_open IN (0, 1));
