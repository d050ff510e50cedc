-- How many payments there are, without reading them: a list tells it with every page. The numbers are dense
-- over both directions, so the last of them, less those that no row has any more, is how many rows there
-- are. A deletion writes `counters` anyway. What comes in is counted there too; no payment of ours waits for
-- that.
alter table counters add column payments_gone integer not null default 0 check (payments_gone >= 0);
alter table counters add column payments_incoming integer not null default 0 check (payments_incoming >= 0);
update counters set payments_incoming = (select count(*) from incoming_payments) where one = 1;
update counters set payments_gone = max(0, max(
    last_payment,
    coalesce((select max(id) from payments), 0),
    coalesce((select max(id) from incoming_payments), 0)
) - (select count(*) from payments) - payments_incoming) where one = 1;

drop trigger payments_leave_their_number;
create trigger payments_leave_their_number
after delete on payments
begin
    update counters set
        last_payment = max(last_payment, old.id),
        payments_gone = payments_gone + 1
    where one = 1;
end;

drop trigger incoming_payments_leave_their_number;
create trigger incoming_payments_leave_their_number
after delete on incoming_payments
begin
    update counters set
        last_payment = max(last_payment, old.id),
        payments_gone = payments_gone + 1,
        payments_incoming = max(0, payments_incoming - 1)
    where one = 1;
end;

create trigger incoming_payments_are_counted
after insert on incoming_payments
begin
    update counters set payments_incoming = payments_incoming + 1 where one = 1;
end;
