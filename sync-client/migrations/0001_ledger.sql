-- The ledger of one kiosk. Frozen: a change of the schema is a new file.

-- 'YLED': the file is one of ours.
PRAGMA application_id = 1497122116;

CREATE TABLE transactions (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    act        TEXT    NOT NULL CHECK (act IN ('checkout', 'checkin')),
    item       TEXT    NOT NULL,
    -- kept only while the row is open
    patron     TEXT    CHECK (patron IS NULL OR act = 'checkout'),
    state      TEXT    NOT NULL CHECK (state IN ('asked', 'granted', 'declined', 'assumed', 'settled', 'doubt',
                                                 'reversing', 'reversed', 'parked')),
    assumed    INTEGER NOT NULL DEFAULT 0 CHECK (assumed IN (0, 1)),
    told       INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),
    title      TEXT,
    due        TEXT,
    asked_at   TEXT    NOT NULL,
    changed_at TEXT    NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    note       TEXT
) STRICT;

-- Every step that a transaction took; only ever appended to. Holds no patron numbers.
CREATE TABLE steps (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    transaction_id BLOB NOT NULL REFERENCES transactions (id),
    state          TEXT NOT NULL,
    at             TEXT NOT NULL,
    detail         TEXT
) STRICT;

CREATE INDEX steps_of_transaction ON steps (transaction_id, seq);

CREATE TRIGGER steps_are_not_changed BEFORE UPDATE ON steps BEGIN SELECT RAISE(ABORT, 'steps are append-only'); END;
CREATE TRIGGER steps_are_not_deleted BEFORE DELETE ON steps BEGIN SELECT RAISE(ABORT, 'steps are append-only'); END;

-- The few rows that are not closed, in the order of asking.
CREATE INDEX open_transactions ON transactions (seq)
    WHERE state IN ('asked', 'granted', 'assumed', 'doubt', 'reversing')
       OR (state = 'settled' AND assumed = 1 AND told = 0)
       OR (state = 'parked' AND told = 0);
