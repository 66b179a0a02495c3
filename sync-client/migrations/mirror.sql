-- The mirror: what central last sent. Not migrated: a file of another version is deleted and fetched again.
-- Of each table there are two, NAME_0 and NAME_1 (generations): one is looked at, the other is being filled.
CREATE TABLE meta (
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 0),
    -- the generation looked at; NULL: there is none yet
    active      INTEGER CHECK (active IN (0, 1)),
    institution TEXT,
    cursor      TEXT,
    -- milliseconds since 1970, the kiosk's clock
    mirrored_ms INTEGER,
    -- how many snapshots there were: numbers of titles hold for one of them
    n_snapshots INTEGER NOT NULL DEFAULT 0,
    -- the snapshot under way: where its changes begin, and behind what it goes on
    next_cursor TEXT,
    next_place  TEXT
) STRICT;
INSERT INTO meta (only_row) VALUES (0);
