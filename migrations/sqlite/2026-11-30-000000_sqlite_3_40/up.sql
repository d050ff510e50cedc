-- Whoever checks the database, or reads it, may do so with an older SQLite than ours: Debian 12 has 3.40,
-- which does not know `octet_length` and so refuses the whole schema. Only the words change, so no row is
-- touched.
pragma writable_schema = on;
update sqlite_schema set sql = replace(sql, 'octet_length(request_id)', 'length(cast(request_id as blob))')
where type = 'table' and name = 'requests';
pragma writable_schema = reset;
