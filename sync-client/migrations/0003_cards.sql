-- Library cards that are being issued, or taken back: what is about to be done, on the disk before it is done
-- (circulation::issue). Holds nothing of who gets the card, not even its number. Frozen.
CREATE TABLE cards (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    row        TEXT    NOT NULL CHECK (row IN ('reserving', 'paying', 'feeding', 'writing', 'presenting', 'confirming',
                                               'done', 'undoing', 'undone', 'voucher')),
    -- what is to be taken back, while it is: words of 'card', 'reader', 'money'
    owes       TEXT    NOT NULL DEFAULT '',
    fee_fen    INTEGER NOT NULL CHECK (fee_fen >= 0),
    medium     TEXT    NOT NULL CHECK (medium IN ('card', 'phone')),
    began_at   TEXT    NOT NULL,
    changed_at TEXT    NOT NULL
) STRICT;

-- Every row that a card had; only ever appended to.
CREATE TABLE card_steps (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    card_id BLOB NOT NULL REFERENCES cards (id),
    row     TEXT NOT NULL,
    owes    TEXT NOT NULL,
    at      TEXT NOT NULL
) STRICT;

CREATE TRIGGER card_steps_are_not_changed BEFORE UPDATE ON card_steps BEGIN SELECT RAISE(ABORT, 'steps are append-only'); END;
CREATE TRIGGER card_steps_are_not_deleted BEFORE DELETE ON card_steps BEGIN SELECT RAISE(ABORT, 'steps are append-only'); END;

CREATE INDEX open_cards ON cards (seq) WHERE row NOT IN ('done', 'undone', 'voucher');
