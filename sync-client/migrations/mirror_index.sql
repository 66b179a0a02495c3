-- What is searched by, made once a generation is whole: rows that come in any order would touch every page each time.
CREATE INDEX IF NOT EXISTS title_key_? ON title_? (key);
CREATE INDEX IF NOT EXISTS title_isbn_? ON title_? (isbn) WHERE isbn IS NOT NULL;
CREATE INDEX IF NOT EXISTS title_call_? ON title_? (call);
CREATE INDEX IF NOT EXISTS item_title_? ON item_? (title, branch, state);
