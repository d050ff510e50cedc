-- Loses nothing: what the new columns say can be found in `events`.
drop index parts_pending;
create index parts_pending on parts (id) where status = 0;
create index payments_live on payments (id) where live_parts > 0;

drop trigger parts_have_one_outcome;
create trigger parts_have_one_outcome
before update of status on parts
when not (old.status = 0 or (old.status = 2 and new.status = 1))
begin
    select raise(fail, 'A-7: a part has one outcome');
end;

drop trigger parts_have_one_beginning;

drop index events_rare;
create index events_by_payment on events (payment_id);

alter table parts drop column ended_event;
alter table parts drop column accepted_event;

drop trigger payments_keep_their_number;
drop trigger nodes_keep_their_number;
drop trigger nodes_are_kept;
drop trigger payments_go_after_their_parts;
drop trigger parts_join_an_open_payment;
create trigger parts_join_an_open_payment
before insert on parts
when exists (
    select 1 from payments
    where payments.id = new.payment_id and (payments.status = 1 or new.amount_msat > payments.intended_msat)
)
begin
    select raise(fail, 'A-2: no part joins a complete payment, or is larger than its payment');
end;

pragma writable_schema = on;
update sqlite_schema set sql = replace(replace(sql,
    'status between 0 and 2', 'status in (0, 1, 2)'),
    'failure_code between 202 and 204 or failure_code = 209', 'failure_code in (202, 203, 204, 209)')
where type = 'table' and name in ('payments', 'parts', 'events');
update sqlite_schema set sql = replace(replace(sql, ' deferrable initially deferred', ''),
    'erring_node      blob', 'erring_node      blob check (length(erring_node) = 33)')
where type = 'table' and name = 'parts';
pragma writable_schema = reset;
