-- As SQLite's migration 0013, where it is explained.

CREATE TABLE item_seen (
    institution TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    at TEXT COLLATE "C" NOT NULL,
    how TEXT COLLATE "C" NOT NULL CHECK (how IN ('stocktake', 'return', 'loan', 'pad', 'transfer')),
    branch TEXT COLLATE "C",
    place TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, item),
    FOREIGN KEY (institution, item) REFERENCES item
);

INSERT INTO item_seen SELECT l.institution, l.item, l.loaned_at, 'loan', (SELECT s.branch FROM service_point AS s
    WHERE s.institution = l.institution AND s.opuser = l.opuser), l.opuser FROM loan AS l;
INSERT INTO item_seen
    SELECT DISTINCT ON (institution, item) institution, item, at, 'stocktake', branch, '' FROM stocktake
    ORDER BY institution, item, at DESC
    ON CONFLICT (institution, item) DO UPDATE SET at = excluded.at, how = excluded.how, branch = excluded.branch,
        place = excluded.place WHERE item_seen.at < excluded.at;
