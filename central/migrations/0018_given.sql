-- Settings that central gives kiosks, as in their own file (TOML). `kiosk` is '' for all of them. A revision is never used twice, also not
-- after a text was taken back ('' then): by it a kiosk knows whether it has the last.

CREATE TABLE kiosk_given (
    institution TEXT NOT NULL,
    kiosk       TEXT NOT NULL,
    revision    INTEGER NOT NULL,
    settings    TEXT NOT NULL,
    PRIMARY KEY (institution, kiosk)
) STRICT, WITHOUT ROWID;
