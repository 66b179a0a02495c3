-- What the year's report counts. Of a person it needs the year of birth and the sex, and no more is kept for it.

-- NULL: not told.
ALTER TABLE patron ADD COLUMN birth_year INTEGER CHECK (birth_year BETWEEN 1900 AND 2200);
-- '' : not told.
ALTER TABLE patron ADD COLUMN sex TEXT NOT NULL DEFAULT '' CHECK (sex IN ('', 'F', 'M'));
-- The day on which the card was issued; a renewed card keeps it. NULL: the first day of the term.
ALTER TABLE patron ADD COLUMN issued_on TEXT;

-- What the item is to the accession register, one of `material`; '' where nobody said.
ALTER TABLE item ADD COLUMN material TEXT NOT NULL DEFAULT '';
-- The day on which it was entered there; NULL where nobody knows.
ALTER TABLE item ADD COLUMN added_on TEXT;

-- The lines of the accession statistics, in their order: those without an accession are lines too.
CREATE TABLE material (
    institution    TEXT NOT NULL REFERENCES institution,
    material       TEXT NOT NULL,
    material_group TEXT NOT NULL,
    position       INTEGER NOT NULL,
    PRIMARY KEY (institution, material)
) STRICT, WITHOUT ROWID;

-- With the due date, so that what is overdue is counted from the index: without it SQLite goes through all loans.
DROP INDEX loan_by_patron;
CREATE INDEX loan_by_patron ON loan (institution, patron, due_on);
