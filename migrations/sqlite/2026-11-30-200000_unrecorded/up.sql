-- What nodes know and the database does not: after a copy was put back, or after a payment was deleted.

-- A-10: a proof may come when there is no payment of its hash. Then the tombstone names no row.
-- Events of kind 7: an operator has ended a part. 8: a node fulfilled a part that is not stored (alarm).
-- Only the words change, so no row is touched.
pragma writable_schema = on;
update sqlite_schema set sql = replace(sql, 'kind between 1 and 6', 'kind between 1 and 8')
where type = 'table' and name = 'events';
update sqlite_schema set sql = replace(sql, 'payment_id   integer not null', 'payment_id   integer')
where type = 'table' and name = 'tombstones';
pragma writable_schema = reset;

create trigger tombstones_take_no_payment
before insert on tombstones
when new.payment_id is null
    and exists (select 1 from payments where payments.payment_hash = new.payment_hash)
begin
    select raise(fail, 'A-10: a payment that is there is proven by its part, and not buried');
end;
