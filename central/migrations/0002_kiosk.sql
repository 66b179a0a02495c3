-- What kiosks need: transactions that are applied once, and changes that can be followed.

-- The password's hash as kiosks keep it, with a salt of its own: whoever steals a kiosk has no hash of ours.
ALTER TABLE patron ADD COLUMN kiosk_pin_hash TEXT;
CREATE TRIGGER kiosk_pin_follows AFTER UPDATE OF password_hash ON patron
WHEN NEW.password_hash <> OLD.password_hash BEGIN
    UPDATE patron SET kiosk_pin_hash = NULL WHERE institution = NEW.institution AND patron = NEW.patron;
END;

-- The kiosk transaction that made the loan: a cancellation undoes this loan and no other.
ALTER TABLE loan ADD COLUMN transaction_id BLOB;
-- When the hold was placed that the loan fulfilled: a cancellation puts it back.
ALTER TABLE loan ADD COLUMN hold_placed_at TEXT;

-- Days on which nothing can be brought back.
CREATE TABLE closing_day (
    institution TEXT NOT NULL REFERENCES institution,
    day         TEXT NOT NULL,
    PRIMARY KEY (institution, day)
) STRICT, WITHOUT ROWID;

-- The last move of an item decides whether a fact that comes late still holds.
CREATE INDEX circulation_log_by_item ON circulation_log (institution, item, seq);

-- Every transaction of a kiosk with its answer, written in the SQL transaction that applied it.
CREATE TABLE kiosk_transaction (
    institution TEXT NOT NULL REFERENCES institution,
    id          BLOB NOT NULL CHECK (length(id) = 16),
    act         TEXT NOT NULL CHECK (act IN ('checkout', 'checkin')),
    item        TEXT NOT NULL,
    -- NULL: a checkin, or a checkout that was cancelled before it was asked
    patron      TEXT,
    opuser      TEXT NOT NULL,
    happened_at TEXT NOT NULL,
    applied_at  TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    PRIMARY KEY (institution, id)
) STRICT, WITHOUT ROWID;

-- Facts that staff must look at.
CREATE TABLE staff_exception (
    institution    TEXT NOT NULL REFERENCES institution,
    seq            INTEGER NOT NULL,
    transaction_id BLOB NOT NULL,
    code           TEXT NOT NULL,
    act            TEXT NOT NULL,
    item           TEXT NOT NULL,
    patron         TEXT,
    opuser         TEXT NOT NULL,
    happened_at    TEXT NOT NULL,
    settled_at     TEXT,
    PRIMARY KEY (institution, seq)
) STRICT, WITHOUT ROWID;

-- What changed, each thing once, with its newest number. Triggers keep it: nothing that changes can forget to say so.
-- `epoch` tells this list from that of another database; cursors below `floor` are too old.
CREATE TABLE change_counter (
    institution TEXT NOT NULL PRIMARY KEY REFERENCES institution,
    epoch       TEXT NOT NULL,
    last_seq    INTEGER NOT NULL,
    floor       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO change_counter SELECT institution, lower(hex(randomblob(8))), 0, 0 FROM institution;
CREATE TRIGGER institution_counts AFTER INSERT ON institution BEGIN
    INSERT INTO change_counter VALUES (NEW.institution, lower(hex(randomblob(8))), 0, 0);
END;
-- Every patron may owe too much now, or not any more: only a new snapshot tells.
CREATE TRIGGER debt_limit_changed AFTER UPDATE OF debt_limit_fen ON institution BEGIN
    UPDATE change_counter SET last_seq = last_seq + 1, floor = last_seq + 1 WHERE institution = NEW.institution;
END;

CREATE TABLE change (
    institution TEXT NOT NULL REFERENCES institution,
    kind        TEXT NOT NULL CHECK (kind IN ('patron', 'item', 'rules')),
    id          TEXT NOT NULL,
    seq         INTEGER NOT NULL,
    PRIMARY KEY (institution, kind, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX change_by_seq ON change (institution, seq);

CREATE VIEW touched AS SELECT institution, kind, id FROM change;
CREATE TRIGGER touch INSTEAD OF INSERT ON touched BEGIN
    UPDATE change_counter SET last_seq = last_seq + 1 WHERE institution = NEW.institution;
    INSERT INTO change (institution, kind, id, seq)
        SELECT NEW.institution, NEW.kind, NEW.id, last_seq FROM change_counter WHERE institution = NEW.institution
        ON CONFLICT (institution, kind, id) DO UPDATE SET seq = excluded.seq;
END;

CREATE TRIGGER loan_made AFTER INSERT ON loan BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'item', NEW.item), (NEW.institution, 'patron', NEW.patron);
END;
CREATE TRIGGER loan_ended AFTER DELETE ON loan BEGIN
    INSERT INTO touched VALUES (OLD.institution, 'item', OLD.item), (OLD.institution, 'patron', OLD.patron);
END;
CREATE TRIGGER hold_placed AFTER INSERT ON hold BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'item', NEW.item);
END;
CREATE TRIGGER hold_ended AFTER DELETE ON hold BEGIN
    INSERT INTO touched VALUES (OLD.institution, 'item', OLD.item);
END;
CREATE TRIGGER item_added AFTER INSERT ON item BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'item', NEW.item);
END;
CREATE TRIGGER item_changed AFTER UPDATE OF title, call_number, item_type, branch, state ON item BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'item', NEW.item);
END;
CREATE TRIGGER item_removed AFTER DELETE ON item BEGIN
    INSERT INTO touched VALUES (OLD.institution, 'item', OLD.item);
END;
CREATE TRIGGER patron_added AFTER INSERT ON patron BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'patron', NEW.patron);
END;
CREATE TRIGGER patron_changed
AFTER UPDATE OF patron_type, state, starts_on, ends_on, debt_fen, kiosk_pin_hash ON patron BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'patron', NEW.patron);
END;
CREATE TRIGGER patron_removed AFTER DELETE ON patron BEGIN
    INSERT INTO touched VALUES (OLD.institution, 'patron', OLD.patron);
END;
CREATE TRIGGER patron_type_added AFTER INSERT ON patron_type BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'rules', '');
END;
CREATE TRIGGER patron_type_changed AFTER UPDATE ON patron_type BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'rules', '');
END;
CREATE TRIGGER patron_type_removed AFTER DELETE ON patron_type BEGIN
    INSERT INTO touched VALUES (OLD.institution, 'rules', '');
END;
CREATE TRIGGER loan_rule_added AFTER INSERT ON loan_rule BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'rules', '');
END;
CREATE TRIGGER loan_rule_changed AFTER UPDATE ON loan_rule BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'rules', '');
END;
CREATE TRIGGER loan_rule_removed AFTER DELETE ON loan_rule BEGIN
    INSERT INTO touched VALUES (OLD.institution, 'rules', '');
END;
CREATE TRIGGER closing_day_added AFTER INSERT ON closing_day BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'rules', '');
END;
CREATE TRIGGER closing_day_removed AFTER DELETE ON closing_day BEGIN
    INSERT INTO touched VALUES (OLD.institution, 'rules', '');
END;
