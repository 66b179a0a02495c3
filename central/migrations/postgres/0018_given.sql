-- As SQLite's migration 0018, where it is explained.

CREATE TABLE kiosk_given (
    institution TEXT COLLATE "C" NOT NULL,
    kiosk TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    settings TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution, kiosk)
);
