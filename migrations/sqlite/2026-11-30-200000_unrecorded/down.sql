-- Forgets that a hash that is refused never had a payment here (it stays refused: A-10), and who ended a part by
-- hand, and why.
drop trigger tombstones_take_no_payment;

drop trigger tombstones_are_fixed;
update tombstones set payment_id = 0 where payment_id is null;
create trigger tombstones_are_fixed
before update on tombstones
begin
    select raise(fail, 'A-10: what was paid is refused for ever');
end;

-- What quarantined a payment is called a contradiction again, and what was ended by hand ended as it did.
drop table resolutions;
drop trigger events_are_history;
update events set kind = 5 where kind = 8;
update events set kind = 1 + part_status where kind = 7;
create trigger events_are_history
before update on events
begin
    select raise(fail, 'A-14: history does not change');
end;

pragma writable_schema = on;
update sqlite_schema set sql = replace(sql, 'kind between 1 and 8', 'kind between 1 and 6')
where type = 'table' and name = 'events';
update sqlite_schema set sql = replace(sql, 'payment_id   integer', 'payment_id   integer not null')
where type = 'table' and name = 'tombstones';
pragma writable_schema = reset;
