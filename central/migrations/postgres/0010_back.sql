-- As SQLite's migration 0010, where it is explained.

CREATE TABLE item_back (
    institution TEXT COLLATE "C" NOT NULL,
    item TEXT COLLATE "C" NOT NULL,
    at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, item),
    FOREIGN KEY (institution, item) REFERENCES item
);
