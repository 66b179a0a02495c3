-- A loan that was asked for and never taken along ends in the log like a return that nobody made: the last loan or return of
-- an item says where it was last seen, this says nothing (`undoes`).
--
-- The table is made anew for its check: of a list of three, SQLite makes a table of its own for every row that is written.

CREATE TABLE circulation_log_anew (
    institution TEXT NOT NULL REFERENCES institution,
    seq         INTEGER NOT NULL,
    at          TEXT NOT NULL,
    act         TEXT NOT NULL CHECK (act = 'checkout' OR act = 'checkin' OR act = 'renew'),
    item        TEXT NOT NULL,
    patron      TEXT NOT NULL,
    due_on      TEXT NOT NULL,
    opuser      TEXT NOT NULL,
    undoes      INTEGER NOT NULL DEFAULT 0 CHECK (undoes = 0 OR undoes = 1),
    PRIMARY KEY (institution, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO circulation_log_anew SELECT institution, seq, at, act, item, patron, due_on, opuser, 0 FROM circulation_log;
DROP TABLE circulation_log;
ALTER TABLE circulation_log_anew RENAME TO circulation_log;
CREATE INDEX circulation_log_by_item ON circulation_log (institution, item, seq);
CREATE INDEX circulation_log_by_patron ON circulation_log (institution, patron, seq);
CREATE TRIGGER circulation_log_keeps BEFORE UPDATE ON circulation_log
BEGIN SELECT RAISE(ABORT, 'circulation_log is append-only'); END;
CREATE TRIGGER circulation_log_stays BEFORE DELETE ON circulation_log
BEGIN SELECT RAISE(ABORT, 'circulation_log is append-only'); END;

-- A loan notes two things that changed. Through the view `touched` and in one statement, each cost a table of its own, too.
DROP TRIGGER loan_made;
CREATE TRIGGER loan_made AFTER INSERT ON loan BEGIN
    INSERT INTO change_pending VALUES (NEW.institution, 'item', NEW.item) ON CONFLICT DO NOTHING;
    INSERT INTO change_pending VALUES (NEW.institution, 'patron', NEW.patron) ON CONFLICT DO NOTHING;
END;
DROP TRIGGER loan_ended;
CREATE TRIGGER loan_ended AFTER DELETE ON loan BEGIN
    INSERT INTO change_pending VALUES (OLD.institution, 'item', OLD.item) ON CONFLICT DO NOTHING;
    INSERT INTO change_pending VALUES (OLD.institution, 'patron', OLD.patron) ON CONFLICT DO NOTHING;
END;
