-- When an item came back although, by what is known here, nobody had it. The kiosk that lent it may not have told yet: what
-- it tells of an earlier time is then older than this, and lends nothing any more.

CREATE TABLE item_back (
    institution TEXT NOT NULL,
    item        TEXT NOT NULL,
    at          TEXT NOT NULL,
    PRIMARY KEY (institution, item),
    FOREIGN KEY (institution, item) REFERENCES item
) STRICT, WITHOUT ROWID;
