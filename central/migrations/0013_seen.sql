-- Where and when each item was last seen, one row for each, written in the transaction of what showed it. `at` is when it
-- happened, not when it was told: the latest stays. `branch` NULL: the account that saw it stands nowhere that is known.
-- `place` is what is known within the branch: a shelf mark (`stocktake`), the account of a kiosk or desk (`loan`, `return`,
-- `pad`: shown there, and neither lent nor taken back), a sheet (`transfer`); '' where nobody said.

CREATE TABLE item_seen (
    institution TEXT NOT NULL,
    item        TEXT NOT NULL,
    at          TEXT NOT NULL,
    how         TEXT NOT NULL CHECK (how IN ('stocktake', 'return', 'loan', 'pad', 'transfer')),
    branch      TEXT,
    place       TEXT NOT NULL,
    PRIMARY KEY (institution, item),
    FOREIGN KEY (institution, item) REFERENCES item
) STRICT, WITHOUT ROWID;

-- What is known already. Of counts the shelf was not kept with the time.
INSERT INTO item_seen SELECT l.institution, l.item, l.loaned_at, 'loan', (SELECT s.branch FROM service_point AS s
    WHERE s.institution = l.institution AND s.opuser = l.opuser), l.opuser FROM loan AS l;
INSERT INTO item_seen SELECT institution, item, max(at), 'stocktake', branch, '' FROM stocktake
    WHERE true GROUP BY institution, item
    ON CONFLICT (institution, item) DO UPDATE SET at = excluded.at, how = excluded.how, branch = excluded.branch,
        place = excluded.place WHERE item_seen.at < excluded.at;
