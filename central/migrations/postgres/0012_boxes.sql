-- As SQLite's migration 0012, where it is explained.

CREATE TABLE transfer_act (
    institution TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    sheet TEXT COLLATE "C" NOT NULL,
    what TEXT COLLATE "C" NOT NULL CHECK (what IN ('make', 'box', 'ship', 'receive', 'close', 'undo')),
    label TEXT COLLATE "C",
    declared BIGINT NOT NULL,
    n_put BIGINT NOT NULL,
    at TEXT COLLATE "C" NOT NULL,
    opuser TEXT COLLATE "C" NOT NULL,
    not_taken TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, id),
    FOREIGN KEY (institution, sheet) REFERENCES transfer
);
CREATE INDEX transfer_act_by_sheet ON transfer_act (institution, sheet, at);
