-- As SQLite's migration 0006, where it is explained.

ALTER TABLE patron ADD COLUMN birth_year BIGINT CHECK (birth_year BETWEEN 1900 AND 2200);
ALTER TABLE patron ADD COLUMN sex TEXT NOT NULL DEFAULT '' CHECK (sex IN ('', 'F', 'M'));
ALTER TABLE patron ADD COLUMN issued_on TEXT;
ALTER TABLE item ADD COLUMN material TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN added_on TEXT;

CREATE TABLE material (
    institution TEXT COLLATE "C" NOT NULL,
    material TEXT COLLATE "C" NOT NULL,
    material_group TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (institution, material)
);

DROP INDEX loan_by_patron;
CREATE INDEX loan_by_patron ON loan (institution, patron, due_on);
