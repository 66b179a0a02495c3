-- The shelves of a branch as they stand in its room, for the map: in tenths of a percent of its width and height, from the upper
-- left. `call_from`, `call_to`: the first and last call number on it; '' both: only the mark on it (`label`) leads there.

CREATE TABLE shelf_place (
    institution TEXT NOT NULL,
    branch      TEXT NOT NULL,
    place       INTEGER NOT NULL CHECK (place >= 1),
    label       TEXT NOT NULL,
    x           INTEGER NOT NULL CHECK (x >= 0),
    y           INTEGER NOT NULL CHECK (y >= 0),
    width       INTEGER NOT NULL CHECK (width >= 1 AND x + width <= 1000),
    height      INTEGER NOT NULL CHECK (height >= 1 AND y + height <= 1000),
    call_from   TEXT NOT NULL,
    call_to     TEXT NOT NULL,
    PRIMARY KEY (institution, branch, place),
    FOREIGN KEY (institution, branch) REFERENCES branch
) STRICT, WITHOUT ROWID;
