-- As SQLite's migration 0011, where it is explained.

INSERT INTO title_stale (institution, record) SELECT institution, record FROM title;
