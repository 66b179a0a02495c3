-- Rules as data, places of items, and what several copies of central have to agree on. Existing rows keep what they
-- meant: every new rule starts as one that changes nothing.

-- Tokens handed out to programs: several copies of central know the same. Only their hashes are kept.
CREATE TABLE token (
    institution TEXT NOT NULL REFERENCES institution,
    token_hash  BLOB NOT NULL,
    ends_at     TEXT NOT NULL,
    PRIMARY KEY (institution, token_hash)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX token_by_hash ON token (token_hash);

-- Weekdays on which the library is closed: the sum of 1 (Monday), 2, 4 .. 64 (Sunday), never all of them.
ALTER TABLE institution ADD COLUMN closed_weekdays INTEGER NOT NULL DEFAULT 0 CHECK (closed_weekdays BETWEEN 0 AND 126);
-- Days that a held item waits on the shelf for its patron.
ALTER TABLE institution ADD COLUMN hold_shelf_days INTEGER NOT NULL DEFAULT 7 CHECK (hold_shelf_days BETWEEN 1 AND 366);

-- With more overdue loans than this nothing more is lent. NULL: they are no obstacle.
ALTER TABLE patron_type ADD COLUMN overdue_limit INTEGER CHECK (overdue_limit >= 0);
ALTER TABLE patron_type ADD COLUMN hold_limit INTEGER NOT NULL DEFAULT 5 CHECK (hold_limit >= 0);

-- Loans of this type of item; NULL: only the limit of the card counts.
ALTER TABLE loan_rule ADD COLUMN loan_limit INTEGER CHECK (loan_limit >= 0);
-- Days that a renewal gives, from the day of the renewal; NULL: those of a loan.
ALTER TABLE loan_rule ADD COLUMN renewal_days INTEGER CHECK (renewal_days BETWEEN 1 AND 3660);
-- 0: no fines, as where loans are by credit (信用借阅).
ALTER TABLE loan_rule ADD COLUMN fine_fen_per_day INTEGER NOT NULL DEFAULT 0 CHECK (fine_fen_per_day >= 0);
-- Days late that cost nothing; from the next one on all of them do.
ALTER TABLE loan_rule ADD COLUMN grace_days INTEGER NOT NULL DEFAULT 0 CHECK (grace_days >= 0);
-- The most that one loan can cost; NULL: no end.
ALTER TABLE loan_rule ADD COLUMN fine_limit_fen INTEGER CHECK (fine_limit_fen >= 0);

-- Fees as they arise, in fen; rows are only ever added.
CREATE TABLE fee_log (
    institution TEXT NOT NULL REFERENCES institution,
    seq         INTEGER NOT NULL,
    at          TEXT NOT NULL,
    patron      TEXT NOT NULL,
    item        TEXT NOT NULL,
    amount_fen  INTEGER NOT NULL,
    opuser      TEXT NOT NULL,
    PRIMARY KEY (institution, seq)
) STRICT, WITHOUT ROWID;

-- What staff has against a patron: nothing is lent while one is there.
CREATE TABLE patron_block (
    institution TEXT NOT NULL,
    patron      TEXT NOT NULL,
    code        TEXT NOT NULL,
    placed_at   TEXT NOT NULL,
    opuser      TEXT NOT NULL,
    PRIMARY KEY (institution, patron, code),
    FOREIGN KEY (institution, patron) REFERENCES patron
) STRICT, WITHOUT ROWID;

-- Every change of a card's state; rows are only ever added.
CREATE TABLE card_log (
    institution  TEXT NOT NULL REFERENCES institution,
    seq          INTEGER NOT NULL,
    at           TEXT NOT NULL,
    patron       TEXT NOT NULL,
    event        TEXT NOT NULL,
    state_before TEXT NOT NULL,
    state_after  TEXT NOT NULL,
    opuser       TEXT NOT NULL,
    PRIMARY KEY (institution, seq)
) STRICT, WITHOUT ROWID;

-- Where an operator account stands. An account that is not here works for whatever branch the item belongs to.
CREATE TABLE service_point (
    institution TEXT NOT NULL,
    opuser      TEXT NOT NULL,
    branch      TEXT NOT NULL,
    PRIMARY KEY (institution, opuser),
    FOREIGN KEY (institution, branch) REFERENCES branch
) STRICT, WITHOUT ROWID;

-- `branch` is where an item belongs; `at_branch` where it stands or was last seen, if elsewhere.
ALTER TABLE item ADD COLUMN at_branch TEXT;
-- What kiosks' search shows beyond the title: MARC code of the language, shelf or room within the branch.
ALTER TABLE item ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN shelf TEXT NOT NULL DEFAULT '';
-- NULL: wherever the item stands.
ALTER TABLE hold ADD COLUMN pickup_branch TEXT;
-- Set while the item waits on the shelf for this patron, until the end of `expires_on`.
ALTER TABLE hold ADD COLUMN ready_at TEXT;
ALTER TABLE hold ADD COLUMN expires_on TEXT;
ALTER TABLE loan ADD COLUMN hold_pickup_branch TEXT;

-- Items on their way between branches: home, or to where somebody picks them up.
CREATE TABLE transit (
    institution TEXT NOT NULL,
    item        TEXT NOT NULL,
    from_branch TEXT NOT NULL,
    to_branch   TEXT NOT NULL,
    sent_at     TEXT NOT NULL,
    cause       TEXT NOT NULL CHECK (cause IN ('home', 'hold')),
    PRIMARY KEY (institution, item),
    FOREIGN KEY (institution, item) REFERENCES item,
    FOREIGN KEY (institution, from_branch) REFERENCES branch,
    FOREIGN KEY (institution, to_branch) REFERENCES branch
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_by_patron ON hold (institution, patron);

CREATE TRIGGER fee_log_keeps BEFORE UPDATE ON fee_log
BEGIN SELECT RAISE(ABORT, 'fee_log is append-only'); END;
CREATE TRIGGER fee_log_stays BEFORE DELETE ON fee_log
BEGIN SELECT RAISE(ABORT, 'fee_log is append-only'); END;
CREATE TRIGGER card_log_keeps BEFORE UPDATE ON card_log
BEGIN SELECT RAISE(ABORT, 'card_log is append-only'); END;
CREATE TRIGGER card_log_stays BEFORE DELETE ON card_log
BEGIN SELECT RAISE(ABORT, 'card_log is append-only'); END;

CREATE TRIGGER patron_blocked AFTER INSERT ON patron_block BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'patron', NEW.patron);
END;
CREATE TRIGGER patron_unblocked AFTER DELETE ON patron_block BEGIN
    INSERT INTO touched VALUES (OLD.institution, 'patron', OLD.patron);
END;
CREATE TRIGGER weekdays_changed AFTER UPDATE OF closed_weekdays ON institution BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'rules', '');
END;

DROP TRIGGER item_changed;
CREATE TRIGGER item_changed AFTER UPDATE OF title, author, isbn, language, shelf, call_number, item_type, branch, state
ON item BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'item', NEW.item);
END;
CREATE TRIGGER branch_added AFTER INSERT ON branch BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'rules', '');
END;
CREATE TRIGGER branch_changed AFTER UPDATE ON branch BEGIN
    INSERT INTO touched VALUES (NEW.institution, 'rules', '');
END;
CREATE TRIGGER branch_removed AFTER DELETE ON branch BEGIN
    INSERT INTO touched VALUES (OLD.institution, 'rules', '');
END;
-- Kiosks are told more of an item than before: only a new snapshot tells.
UPDATE change_counter SET last_seq = last_seq + 1, floor = last_seq + 1;
