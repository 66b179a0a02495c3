-- As SQLite's migration 0015, where it is explained.

CREATE TABLE shelf_place (
    institution TEXT COLLATE "C" NOT NULL,
    branch TEXT COLLATE "C" NOT NULL,
    place BIGINT NOT NULL CHECK (place >= 1),
    label TEXT COLLATE "C" NOT NULL,
    x BIGINT NOT NULL CHECK (x >= 0),
    y BIGINT NOT NULL CHECK (y >= 0),
    width BIGINT NOT NULL CHECK (width >= 1 AND x + width <= 1000),
    height BIGINT NOT NULL CHECK (height >= 1 AND y + height <= 1000),
    call_from TEXT COLLATE "C" NOT NULL,
    call_to TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, branch, place),
    FOREIGN KEY (institution, branch) REFERENCES branch
);
