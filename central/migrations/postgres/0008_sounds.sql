-- As SQLite's migration 0008, where it is explained.

INSERT INTO title_stale (institution, record) SELECT institution, record FROM title;
