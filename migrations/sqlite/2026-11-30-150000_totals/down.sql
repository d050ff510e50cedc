-- Loses nothing: what is counted here can be counted again.
drop trigger incoming_payments_are_counted;

drop trigger incoming_payments_leave_their_number;
create trigger incoming_payments_leave_their_number
after delete on incoming_payments
begin
    update counters set last_payment = max(last_payment, old.id) where one = 1;
end;

drop trigger payments_leave_their_number;
create trigger payments_leave_their_number
after delete on payments
begin
    update counters set last_payment = max(last_payment, old.id) where one = 1;
end;

alter table counters drop column payments_incoming;
alter table counters drop column payments_gone;
