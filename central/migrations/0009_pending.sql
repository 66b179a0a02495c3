-- A change leaves a note, and gets its number when somebody reads the list: as on PostgreSQL, there because of what is
-- committed out of order, here because a number costs more than the loan that it is for. Two rows of `change` with an index
-- each, and the counter, were written for every book; now it is one note, and a patron with ten books has one too.

CREATE TABLE change_pending (
    institution TEXT NOT NULL,
    kind        TEXT NOT NULL,
    id          TEXT NOT NULL,
    PRIMARY KEY (institution, kind, id)
) STRICT, WITHOUT ROWID;

DROP TRIGGER touch;
CREATE TRIGGER touch INSTEAD OF INSERT ON touched BEGIN
    INSERT INTO change_pending VALUES (NEW.institution, NEW.kind, NEW.id) ON CONFLICT DO NOTHING;
END;

-- Whoever inserts an institution here has its notes numbered.
CREATE VIEW change_numbering AS SELECT institution FROM change_pending;
CREATE TRIGGER change_is_numbered INSTEAD OF INSERT ON change_numbering BEGIN
    INSERT INTO change (institution, kind, id, seq)
        SELECT p.institution, p.kind, p.id, c.last_seq + row_number() OVER (ORDER BY p.kind, p.id)
        FROM change_pending AS p JOIN change_counter AS c ON c.institution = p.institution
        WHERE p.institution = NEW.institution
        ON CONFLICT (institution, kind, id) DO UPDATE SET seq = excluded.seq;
    UPDATE change_counter SET last_seq = last_seq + (
            SELECT count(*) FROM change_pending AS p WHERE p.institution = NEW.institution)
        WHERE institution = NEW.institution;
    DELETE FROM change_pending WHERE institution = NEW.institution;
END;
