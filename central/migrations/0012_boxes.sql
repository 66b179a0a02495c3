-- What programs at the shelves did with transfer sheets, by the id that each act was given there: a repeat is answered from
-- here. A box (`label`) is one of them: so many items were counted and read in it (`declared`), so many are on the sheet
-- because of it (`n_put`). `not_taken`: JSON, the items that are not on the sheet, and why.

CREATE TABLE transfer_act (
    institution TEXT NOT NULL,
    id          TEXT NOT NULL,
    sheet       TEXT NOT NULL,
    what        TEXT NOT NULL CHECK (what IN ('make', 'box', 'ship', 'receive', 'close', 'undo')),
    label       TEXT,
    declared    INTEGER NOT NULL,
    n_put       INTEGER NOT NULL,
    at          TEXT NOT NULL,
    opuser      TEXT NOT NULL,
    not_taken   TEXT NOT NULL,
    PRIMARY KEY (institution, id),
    FOREIGN KEY (institution, sheet) REFERENCES transfer
) STRICT, WITHOUT ROWID;
CREATE INDEX transfer_act_by_sheet ON transfer_act (institution, sheet, at);
