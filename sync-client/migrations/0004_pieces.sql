-- What went into a return slot, and how far it came (slot::journal): each step on the disk before the motion that makes it
-- true. Holds nothing of who brought it. Frozen.
CREATE TABLE pieces (
    id             INTEGER PRIMARY KEY CHECK (id > 0),
    -- that of its return, made with the piece, so that it is returned once however often that is begun
    transaction_id BLOB    NOT NULL UNIQUE CHECK (length(transaction_id) = 16),
    -- missing of a found thing, and where several lay there
    item           TEXT,
    -- the numbers of its tags, with a blank between
    tags           TEXT    NOT NULL,
    step           TEXT    NOT NULL CHECK (step IN ('seen', 'taken', 'checked-in', 'found', 'sorted', 'dropped', 'withdrawn',
                                                    'in-transit')),
    -- the name of the bin it goes to, or fell into
    bin            TEXT    CHECK ((bin IS NOT NULL) = (step IN ('sorted', 'dropped'))),
    -- when it was taken: the date of its return
    taken_at       TEXT,
    began_at       TEXT    NOT NULL,
    changed_at     TEXT    NOT NULL
) STRICT;

-- Every step that a piece took; only ever appended to.
CREATE TABLE piece_steps (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    piece_id INTEGER NOT NULL REFERENCES pieces (id),
    step     TEXT    NOT NULL,
    bin      TEXT,
    at       TEXT    NOT NULL
) STRICT;

CREATE TRIGGER piece_steps_are_not_changed BEFORE UPDATE ON piece_steps BEGIN SELECT RAISE(ABORT, 'steps are append-only'); END;
CREATE TRIGGER piece_steps_are_not_deleted BEFORE DELETE ON piece_steps BEGIN SELECT RAISE(ABORT, 'steps are append-only'); END;

CREATE INDEX open_pieces ON pieces (id) WHERE step IN ('seen', 'taken', 'checked-in', 'found', 'sorted');
