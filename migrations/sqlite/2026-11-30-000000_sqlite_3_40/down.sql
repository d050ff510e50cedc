-- Loses nothing.
pragma writable_schema = on;
update sqlite_schema set sql = replace(sql, 'length(cast(request_id as blob))', 'octet_length(request_id)')
where type = 'table' and name = 'requests';
pragma writable_schema = reset;
