-- Forgets what `pay` was asked for. While an order is open, or a payment has no part, there is no way back.
create table no_way_back (open integer check (open = 0)) strict;
insert into no_way_back select count(*) from payments where max_fee_msat is not null;
insert into no_way_back select count(*) from payments where parts = 0;
drop table no_way_back;

drop trigger parts_keep_to_their_order;
drop trigger payments_keep_the_limits_of_their_order;
drop trigger requests_have_keys_of_their_own;
drop table orders;
delete from events where kind in (9, 10);

pragma writable_schema = on;
update sqlite_schema set sql = replace(replace(sql,
    'kind between 1 and 10', 'kind between 1 and 8'),
    '(kind in (6, 9, 10)) = (part_id is null)', '(kind = 6) = (part_id is null)')
where type = 'table' and name = 'events';
update sqlite_schema set sql = replace(replace(sql,
    'check (parts >= 0)', 'check (parts > 0)'),
    'when live_parts = 0 and max_fee_msat is null then 2 else 0', 'when live_parts = 0 then 2 else 0')
where type = 'table' and name = 'payments';
pragma writable_schema = reset;

alter table payments drop column max_fee_msat;
alter table payments drop column deliver_msat;
alter table payments drop column order_deadline;
