-- Forgets that a hash that is refused never had a payment here (it stays refused: A-10), and who ended a part by
-- hand, and why.
drop trigger tombstones_take_no_payment;

-- What may be out would be forgotten, and could be paid again: there is no way back (A-10).
create table no_way_back (open integer check (open = 0)) strict;
insert into no_way_back select count(*) from unrecorded_parts where fate in (0, 3);
insert into no_way_back select count(*) from unasked_nodes;
drop table no_way_back;
drop trigger payments_stay_deleted;
create trigger payments_stay_deleted
before insert on payments
when exists (select 1 from tombstones where tombstones.payment_hash = new.payment_hash)
begin
    select raise(fail, 'A-10: this payment was paid, and deleted since');
end;

drop trigger parts_join_an_open_payment;
create trigger parts_join_an_open_payment
before insert on parts
when not exists (
    select 1 from payments
    where payments.id = new.payment_id and payments.status <> 1 and new.amount_msat <= payments.intended_msat
        and (payments.basic_mpp is not 0 or new.amount_msat = payments.intended_msat)
        and (payments.invoice_expires_at is null or new.created_at <= payments.invoice_expires_at)
) or not exists (select 1 from nodes where nodes.id = new.node_id)
begin
    select raise(fail, 'A-9: a part keeps to its invoice: it comes in time, and whole if the payee takes no parts')
    where exists (
        select 1 from payments
        where payments.id = new.payment_id and payments.status <> 1 and new.amount_msat <= payments.intended_msat
    ) and exists (select 1 from nodes where nodes.id = new.node_id);
    select raise(fail, 'A-2: a part joins an open payment, is not larger than it, and has a node');
end;

drop trigger unrecorded_parts_are_kept;
drop table unrecorded_parts;
drop table unasked_nodes;

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
